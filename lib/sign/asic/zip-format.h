/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The records of a ZIP archive (APPNOTE.TXT §4.3): their signatures, lengths and flags, and its numbers, which begin with the lowest byte. */

#include <stdint.h>

#define ZIP_LOCAL 0x04034b50U /* §4.3.7 */
#define ZIP_LOCAL_SIZE 30U
#define ZIP_DESCRIPTOR 0x08074b50U /* §4.3.9 */
#define ZIP_CENTRAL 0x02014b50U /* §4.3.12 */
#define ZIP_CENTRAL_SIZE 46U
#define ZIP_END64 0x06064b50U /* §4.3.14 */
#define ZIP_END64_SIZE 56U
#define ZIP_LOCATOR 0x07064b50U /* §4.3.15 */
#define ZIP_LOCATOR_SIZE 20U
#define ZIP_END 0x06054b50U /* §4.3.16 */
#define ZIP_END_SIZE 22U

#define ZIP_FLAG_ENCRYPTED 0x0001U /* §4.4.4 */
#define ZIP_FLAG_DESCRIPTOR 0x0008U
#define ZIP_FLAG_PATCH 0x0020U
#define ZIP_FLAG_STRONG 0x0040U
#define ZIP_FLAG_UTF8 0x0800U
#define ZIP_FLAG_MASKED 0x2000U

#define ZIP_EXTRA_ZIP64 0x0001U        /* §4.5.3 */
#define ZIP_EXTRA_UNICODE_PATH 0x7075U /* §4.6.9 */

static inline uint16_t zip_u16(const uint8_t *p) {
        return (uint16_t) (p[0] | p[1] << 8);
}

static inline uint32_t zip_u32(const uint8_t *p) {
        return zip_u16(p) | (uint32_t) zip_u16(p + 2) << 16;
}

static inline uint64_t zip_u64(const uint8_t *p) {
        return zip_u32(p) | (uint64_t) zip_u32(p + 4) << 32;
}

static inline void zip_put_u16(uint8_t *p, unsigned v) {
        p[0] = (uint8_t) v;
        p[1] = (uint8_t) (v >> 8);
}

static inline void zip_put_u32(uint8_t *p, uint32_t v) {
        zip_put_u16(p, v & 0xffff);
        zip_put_u16(p + 2, v >> 16);
}

static inline void zip_put_u64(uint8_t *p, uint64_t v) {
        zip_put_u32(p, (uint32_t) v);
        zip_put_u32(p + 4, (uint32_t) (v >> 32));
}
