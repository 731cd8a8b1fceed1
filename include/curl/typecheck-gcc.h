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
#define curlws_is(expression, type) __builtin_types_compatible_p(__typeof__(expression), type)

#define curlws_is_int(expression) (curlws_is(expression, int) || curlws_is(expression, unsigned int))
#define curlws_is_long(expression) (curlws_is(expression, long) || curlws_is(expression, unsigned long))

/* Whether an expression is a pointer to a type, an array of it, or a pointer to anything. */
#define curlws_points_to(expression, type) \
  (curlws_is(expression, type *) || curlws_is(expression, const type *) || curlws_is(expression, type[]) || \
   curlws_is(expression, void *))

/* Calls a function that warns if called. The condition is constant: what is false leaves no code. */
#define curlws_warn(condition, function) \
  if(condition)                          \
    function()

/* The number of an option tells the type of its argument. */
#define curlws_takes_long(option) (0 < (option) && (option) < CURLOPTTYPE_OBJECTPOINT)
#define curlws_takes_pointer(option) \
  (CURLOPTTYPE_OBJECTPOINT < (option) && (option) < CURLOPTTYPE_OFF_T && (option) != CURLOPT_PRIVATE)
#define curlws_takes_off_t(option) (CURLOPTTYPE_OFF_T < (option) && (option) < CURLOPTTYPE_BLOB)

/* And so does that of an information. */
#define curlws_tells(info, type) (((info) & CURLINFO_TYPEMASK) == (type))

#define curl_easy_setopt(handle, option, value)                                                               \
  __extension__({                                                                                             \
    if(__builtin_constant_p(option)) {                                                                        \
      curlws_warn(curlws_takes_long(option) && !curlws_is_long(value), curlws_easy_setopt_wants_long);        \
      curlws_warn(curlws_takes_pointer(option) && curlws_is_int(value), curlws_easy_setopt_wants_pointer);    \
      curlws_warn(curlws_takes_off_t(option) && !curlws_is(value, curl_off_t), curlws_easy_setopt_wants_off_t); \
    }                                                                                                         \
    (curl_easy_setopt)(handle, option, value);                                                                \
  })

#define curl_easy_getinfo(handle, info, pointer)                                                        \
  __extension__({                                                                                       \
    if(__builtin_constant_p(info)) {                                                                    \
      curlws_warn(curlws_tells(info, CURLINFO_STRING) && (info) != CURLINFO_PRIVATE &&                  \
                  !curlws_points_to(pointer, char *), curlws_easy_getinfo_wants_string);                \
      curlws_warn(curlws_tells(info, CURLINFO_LONG) && !curlws_points_to(pointer, long),                \
                  curlws_easy_getinfo_wants_long);                                                      \
      curlws_warn(curlws_tells(info, CURLINFO_DOUBLE) && !curlws_points_to(pointer, double),            \
                  curlws_easy_getinfo_wants_double);                                                    \
      curlws_warn(curlws_tells(info, CURLINFO_SOCKET) && !curlws_points_to(pointer, curl_socket_t),     \
                  curlws_easy_getinfo_wants_socket);                                                    \
      curlws_warn(curlws_tells(info, CURLINFO_OFF_T) && !curlws_points_to(pointer, curl_off_t),         \
                  curlws_easy_getinfo_wants_off_t);                                                     \
    }                                                                                                   \
    (curl_easy_getinfo)(handle, info, pointer);                                                         \
  })

#define curl_multi_setopt(handle, option, value)                                                                \
  __extension__({                                                                                               \
    if(__builtin_constant_p(option)) {                                                                          \
      curlws_warn(curlws_takes_long(option) && !curlws_is_long(value), curlws_multi_setopt_wants_long);         \
      curlws_warn(curlws_takes_off_t(option) && !curlws_is(value, curl_off_t), curlws_multi_setopt_wants_off_t); \
    }                                                                                                           \
    (curl_multi_setopt)(handle, option, value);                                                                 \
  })

#define curl_share_setopt(handle, option, value) (curl_share_setopt)(handle, option, value)

#define CURLWS_WARNING(function, message)                                                                    \
  static void __attribute__((__warning__(message))) __attribute__((__unused__)) __attribute__((__noinline__)) \
  function(void)                                                                                             \
  {                                                                                                          \
    __asm__("");                                                                                             \
  }

CURLWS_WARNING(curlws_easy_setopt_wants_long, "this option of curl_easy_setopt takes a long")
CURLWS_WARNING(curlws_easy_setopt_wants_pointer, "this option of curl_easy_setopt takes a pointer")
CURLWS_WARNING(curlws_easy_setopt_wants_off_t, "this option of curl_easy_setopt takes a curl_off_t")
CURLWS_WARNING(curlws_easy_getinfo_wants_string, "curl_easy_getinfo writes a char * here")
CURLWS_WARNING(curlws_easy_getinfo_wants_long, "curl_easy_getinfo writes a long here")
CURLWS_WARNING(curlws_easy_getinfo_wants_double, "curl_easy_getinfo writes a double here")
CURLWS_WARNING(curlws_easy_getinfo_wants_socket, "curl_easy_getinfo writes a curl_socket_t here")
CURLWS_WARNING(curlws_easy_getinfo_wants_off_t, "curl_easy_getinfo writes a curl_off_t here")
CURLWS_WARNING(curlws_multi_setopt_wants_long, "this option of curl_multi_setopt takes a long")
CURLWS_WARNING(curlws_multi_setopt_wants_off_t, "this option of curl_multi_setopt takes a curl_off_t")

#endif /* a compiler that can */

#endif /* CURLINC_TYPECHECK_GCC_H */
