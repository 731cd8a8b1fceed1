/*
 * What the header takes from the platform: system headers that programs expect of <curl/curl.h>, and the types and
 * compiler switches behind it. wscurl is for Linux on x86-64 and AArch64, where long has 64 bits.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef CURLINC_SYSTEM_H
#define CURLINC_SYSTEM_H

/* <sys/types.h> and <sys/socket.h> are among them. */
#define CURL_PULL_SYS_TYPES_H 1
#define CURL_PULL_SYS_SOCKET_H 1

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>

#define CURL_TYPEOF_CURL_OFF_T long
#define CURL_FORMAT_CURL_OFF_T "ld"
#define CURL_FORMAT_CURL_OFF_TU "lu"
#define CURL_SUFFIX_CURL_OFF_T L
#define CURL_SUFFIX_CURL_OFF_TU UL
#define CURL_TYPEOF_CURL_SOCKLEN_T socklen_t

/* Sizes of files and transfers in bytes. */
typedef CURL_TYPEOF_CURL_OFF_T curl_off_t;
typedef CURL_TYPEOF_CURL_SOCKLEN_T curl_socklen_t;

#ifndef curl_socket_typedef
/* A file descriptor. */
typedef int curl_socket_t;
#define CURL_SOCKET_BAD (-1)
#define curl_socket_typedef
#endif

/* Before every function. */
#ifndef CURL_EXTERN
#define CURL_EXTERN
#endif

#define CURL_ISOCPP
#define CURL_HAS_DECLSPEC_ATTRIBUTE(x) 0

/* The count of bits that are set, and of the zero bits below the lowest of them. */
#ifdef __GNUC__
#define CURL_POPCOUNT64(x) __builtin_popcountl(x)
#define CURL_CTZ64(x) __builtin_ctzl(x)
#endif

/* Marks what programs should not use any more; nothing here is marked. */
#if defined(__GNUC__) && !defined(CURL_DISABLE_DEPRECATION)
#define CURL_DEPRECATED(version, message) __attribute__((deprecated("since " #version ". " message)))
#define CURL_IGNORE_DEPRECATION(statements)                       \
  _Pragma("GCC diagnostic push")                                  \
  _Pragma("GCC diagnostic ignored \"-Wdeprecated-declarations\"") \
  statements                                                      \
  _Pragma("GCC diagnostic pop")
#else
#define CURL_DEPRECATED(version, message)
#define CURL_IGNORE_DEPRECATION(statements) statements
#endif

#endif /* CURLINC_SYSTEM_H */
