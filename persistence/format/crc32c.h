/* CRC-32C (Castagnoli), as in iSCSI: RFC 3720, section 12.1. Pure. */
#ifndef PERSISTENCE_CRC32C_H
#define PERSISTENCE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continues `crc` (0 at first) with these bytes. */
uint32_t crc32c(uint32_t crc, const void *, size_t);

/* The same without the instruction of the processor. */
uint32_t crc32c_by_table(uint32_t crc, const void *, size_t);

#endif
