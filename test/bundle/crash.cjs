// Loaded before the program: something goes wrong behind its back.
setTimeout(() => {
  throw new Error('a defect of the test');
}, 400);
