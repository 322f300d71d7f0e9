/*
 * C structures as tables: members with type, unit and doc; sizes and offsets follow from them. The tables are what
 * getsockopt and poll are decoded by, and what the schema and the reference pages list.
 *
 * One more structure is one defineStruct; one more member of it is one line. Addresses are the exception: their form
 * depends on their family, so sockaddr.ts and ip-address.ts are code.
 */
export { formatIp, parseIp } from './ip-address';
export { linger, pollfd, timeval } from './layouts';
export { decodeSockaddr, encodeSockaddr, SOCKADDR_STORAGE_SIZE, type SocketAddress } from './sockaddr';
export { defineStruct, type Member, type MemberType, type Struct, type Values } from './struct';
export { tcpInfo } from './tcp-info';
