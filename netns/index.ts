/*
 * Labs: two network namespaces, bench and DUT, joined by one veth pair that carries nothing but the test.
 *
 * A lab has no name in the system. Its namespaces exist only as descriptors of this process, so the kernel removes
 * them, the veth and all sockets in them when the process ends, also by `kill -9`. The bench's end has no IP address
 * and its kernel stays silent; its addresses exist only in the frames that the engine sends, and the DUT knows them
 * as permanent neighbours. Offloads of the DUT's end are off, so a frame on the link has a real checksum and fits the
 * MTU.
 *
 * lab.ts makes a lab, with one process of iproute2's `ip`; sysctl.ts lists the kernel settings it needs; probe.ts
 * tells what a machine lacks. One more setting of a lab: a member of LabOptions, a line in the batch of lab.ts or a
 * row in sysctl.ts, a lab test.
 */
export { createLab, type EndOptions, type Lab, type LabEnd, type LabOptions } from './lab';
export { LabError, type LabErrorCode } from './lab-error';
export { type ProbeLine, probe } from './probe';
export { sweep } from './sweep';
