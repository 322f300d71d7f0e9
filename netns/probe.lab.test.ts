import { probe } from '.';

it('probe finds everything in order where labs can be made', async () => {
  const lines = await probe();
  expect(lines.map(({ name, ok }) => [name, ok])).toEqual([
    ['kernel', true],
    ['native module', true],
    ['rights', true],
    ['iproute2', true],
    ['packet sockets', true],
    ['lab', true],
  ]);
  expect(lines.at(-1)?.detail).toMatch(/^made in \d+ ms$/);
});
