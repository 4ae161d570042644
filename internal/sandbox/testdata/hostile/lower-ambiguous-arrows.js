// expect: script-error | crashed | completed | time-limit | memory-limit
// Each bracket may begin an arrow function, which the compiler finds out by going back.
interface A {}
const x = (a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?((a?(1):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2)):2);
export default () => 1;
