/*
 * wscurl: libcurl's WebSocket API as a library of its own.
 * The version numbers.
 *
 * Made from the sources in src/types and src/abi: change those, then `make header`.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef CURLINC_CURLVER_H
#define CURLINC_CURLVER_H

/* The version of libcurl whose interface this is. */
#define LIBCURL_VERSION "8.22.0"
#define LIBCURL_VERSION_MAJOR 8
#define LIBCURL_VERSION_MINOR 22
#define LIBCURL_VERSION_PATCH 0
#define LIBCURL_VERSION_NUM 0x081600
#define LIBCURL_TIMESTAMP "[unreleased]"
#define LIBCURL_COPYRIGHT "Daniel Stenberg, <daniel@haxx.se>."

/* A version as one number, and whether the header's is at least that. */
#define CURL_VERSION_BITS(x, y, z) ((x) << 16 | (y) << 8 | (z))
#define CURL_AT_LEAST_VERSION(x, y, z) (LIBCURL_VERSION_NUM >= CURL_VERSION_BITS(x, y, z))

/* Only wscurl has these: whose header it is, and its own version, 0xXXYYZZ. */
#define WSCURL_VERSION "0.2.0"
#define WSCURL_VERSION_NUM 0x000200

#endif /* CURLINC_CURLVER_H */
