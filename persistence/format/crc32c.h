/* CRC-32C (Castagnoli), the one of iSCSI: RFC 3720, section 12.1. Pure. */
#ifndef PERSISTENCE_CRC32C_H
#define PERSISTENCE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of these bytes behind those that `crc` is of; 0: there were none. */
uint32_t crc32c(uint32_t crc, const void *, size_t);

/* The same where the processor does not know how. */
uint32_t crc32c_by_table(uint32_t crc, const void *, size_t);

#endif
