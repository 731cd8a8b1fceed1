/*
 * Warnings for arguments of the wrong type, which a variadic function takes silently and misreads: an int where a long is
 * read leaves half of the value to chance. For GCC and Clang in C; define CURL_DISABLE_TYPECHECK to go without.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef CURLINC_TYPECHECK_GCC_H
#define CURLINC_TYPECHECK_GCC_H

/* The prototypes first: the macros below have their names. */
#include "curl.h"

#if defined(__GNUC__) && (!defined(__clang__) || __clang_major__ >= 14) && !defined(__cplusplus) && \
  !defined(CURL_DISABLE_TYPECHECK)

/* Whether an expression has a type. The expression is not evaluated. */
#define wscurl_is(expression, type) __builtin_types_compatible_p(__typeof__(expression), type)

#define wscurl_is_int(expression) (wscurl_is(expression, int) || wscurl_is(expression, unsigned int))
#define wscurl_is_long(expression) (wscurl_is(expression, long) || wscurl_is(expression, unsigned long))

/* Whether an expression is a pointer to a type, an array of it, or a pointer to anything. */
#define wscurl_points_to(expression, type) \
  (wscurl_is(expression, type *) || wscurl_is(expression, const type *) || wscurl_is(expression, type[]) || \
   wscurl_is(expression, void *))

/* Calls a function that warns if called. The condition is constant: what is false leaves no code. */
#define wscurl_warn(condition, function) \
  if(condition)                          \
    function()

/* The number of an option tells the type of its argument. */
#define wscurl_takes_long(option) (0 < (option) && (option) < CURLOPTTYPE_OBJECTPOINT)
#define wscurl_takes_pointer(option) \
  (CURLOPTTYPE_OBJECTPOINT < (option) && (option) < CURLOPTTYPE_OFF_T && (option) != CURLOPT_PRIVATE)
#define wscurl_takes_off_t(option) (CURLOPTTYPE_OFF_T < (option) && (option) < CURLOPTTYPE_BLOB)

/* And so does that of an information. */
#define wscurl_tells(info, type) (((info) & CURLINFO_TYPEMASK) == (type))

#define curl_easy_setopt(handle, option, value)                                                               \
  __extension__({                                                                                             \
    if(__builtin_constant_p(option)) {                                                                        \
      wscurl_warn(wscurl_takes_long(option) && !wscurl_is_long(value), wscurl_easy_setopt_wants_long);        \
      wscurl_warn(wscurl_takes_pointer(option) && wscurl_is_int(value), wscurl_easy_setopt_wants_pointer);    \
      wscurl_warn(wscurl_takes_off_t(option) && !wscurl_is(value, curl_off_t), wscurl_easy_setopt_wants_off_t); \
    }                                                                                                         \
    (curl_easy_setopt)(handle, option, value);                                                                \
  })

#define curl_easy_getinfo(handle, info, pointer)                                                        \
  __extension__({                                                                                       \
    if(__builtin_constant_p(info)) {                                                                    \
      wscurl_warn(wscurl_tells(info, CURLINFO_STRING) && (info) != CURLINFO_PRIVATE &&                  \
                  !wscurl_points_to(pointer, char *), wscurl_easy_getinfo_wants_string);                \
      wscurl_warn(wscurl_tells(info, CURLINFO_LONG) && !wscurl_points_to(pointer, long),                \
                  wscurl_easy_getinfo_wants_long);                                                      \
      wscurl_warn(wscurl_tells(info, CURLINFO_DOUBLE) && !wscurl_points_to(pointer, double),            \
                  wscurl_easy_getinfo_wants_double);                                                    \
      wscurl_warn(wscurl_tells(info, CURLINFO_SOCKET) && !wscurl_points_to(pointer, curl_socket_t),     \
                  wscurl_easy_getinfo_wants_socket);                                                    \
      wscurl_warn(wscurl_tells(info, CURLINFO_OFF_T) && !wscurl_points_to(pointer, curl_off_t),         \
                  wscurl_easy_getinfo_wants_off_t);                                                     \
    }                                                                                                   \
    (curl_easy_getinfo)(handle, info, pointer);                                                         \
  })

#define curl_multi_setopt(handle, option, value)                                                                \
  __extension__({                                                                                               \
    if(__builtin_constant_p(option)) {                                                                          \
      wscurl_warn(wscurl_takes_long(option) && !wscurl_is_long(value), wscurl_multi_setopt_wants_long);         \
      wscurl_warn(wscurl_takes_off_t(option) && !wscurl_is(value, curl_off_t), wscurl_multi_setopt_wants_off_t); \
    }                                                                                                           \
    (curl_multi_setopt)(handle, option, value);                                                                 \
  })

#define curl_share_setopt(handle, option, value) (curl_share_setopt)(handle, option, value)

#define WSCURL_WARNING(function, message)                                                                    \
  static void __attribute__((__warning__(message))) __attribute__((__unused__)) __attribute__((__noinline__)) \
  function(void)                                                                                             \
  {                                                                                                          \
    __asm__("");                                                                                             \
  }

WSCURL_WARNING(wscurl_easy_setopt_wants_long, "this option of curl_easy_setopt takes a long")
WSCURL_WARNING(wscurl_easy_setopt_wants_pointer, "this option of curl_easy_setopt takes a pointer")
WSCURL_WARNING(wscurl_easy_setopt_wants_off_t, "this option of curl_easy_setopt takes a curl_off_t")
WSCURL_WARNING(wscurl_easy_getinfo_wants_string, "curl_easy_getinfo writes a char * here")
WSCURL_WARNING(wscurl_easy_getinfo_wants_long, "curl_easy_getinfo writes a long here")
WSCURL_WARNING(wscurl_easy_getinfo_wants_double, "curl_easy_getinfo writes a double here")
WSCURL_WARNING(wscurl_easy_getinfo_wants_socket, "curl_easy_getinfo writes a curl_socket_t here")
WSCURL_WARNING(wscurl_easy_getinfo_wants_off_t, "curl_easy_getinfo writes a curl_off_t here")
WSCURL_WARNING(wscurl_multi_setopt_wants_long, "this option of curl_multi_setopt takes a long")
WSCURL_WARNING(wscurl_multi_setopt_wants_off_t, "this option of curl_multi_setopt takes a curl_off_t")

#endif /* a compiler that can */

#endif /* CURLINC_TYPECHECK_GCC_H */
