// expect: time-limit
Object.defineProperty(this, 'process', { get() { for (;;); } });
