// expect: script-error RangeError
// A map of one's own must not lead the error to a place that there is not.
export default () => {
  throw new RangeError('x');
};
//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbIi9ldGMvcGFzc3dkIl0sIm5hbWVzIjpbXSwibWFwcGluZ3MiOiJBQS8vLy8vL0RBIn0=
