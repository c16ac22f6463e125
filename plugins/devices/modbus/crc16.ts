/** Checksum of Modbus RTU (MODBUS over Serial Line 1.02 §6.2.2): CRC-16 with the polynomial 0xA001, low bit first, from 0xFFFF. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff
  for (const byte of bytes) crc = ((crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)) & 0xffff
  return crc
}

const table = Uint16Array.from({ length: 256 }, (_, index) => {
  let crc = index
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1
  return crc
})
