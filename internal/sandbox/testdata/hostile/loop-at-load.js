// expect: time-limit
while (true);
