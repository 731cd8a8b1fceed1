/* Macros of the header that programs use in conditions, constants and formats. */

#include <stdio.h>
#include <curl/curl.h>

#if LIBCURL_VERSION_NUM < 0x075600 || LIBCURL_VERSION_NUM != CURL_VERSION_BITS(8, 22, 0)
#error "not the version of the tables"
#endif
#if !CURL_AT_LEAST_VERSION(7, 86, 0) || CURL_AT_LEAST_VERSION(8, 23, 0)
#error "versions compare wrongly"
#endif
#if WSCURL_VERSION_NUM < 0x000200
#error "no version of our own"
#endif
#if !defined(CURLINC_CURL_H) || !defined(curl_socket_typedef) || !defined(CURL_ISOCPP)
#error "a macro is missing that programs look for"
#endif

#define SUFFIXED(number, suffix) number##suffix
#define OFF_T(number) SUFFIXED(number, L)

typedef CURL_TYPEOF_CURL_OFF_T my_off_t;

enum my_options { CURLOPT(MY_OPTION, CURLOPTTYPE_FUNCTIONPOINT, 9000) };

CURL_EXTERN void program(FILE *file, CURLU *url, CURLM *multi, CURLSH *share);

void program(FILE *file, CURLU *url, CURLM *multi, CURLSH *share)
{
  my_off_t size = OFF_T(1) << 40;
  curl_off_t same = size;
  curl_socklen_t length = sizeof(struct sockaddr);
  curl_socket_t socket = CURL_SOCKET_BAD;
  struct timeval time = {0, 0};
  fd_set set;
  int running = INT_MAX;
  curl_ftpssl tls = CURLFTPSSL_LAST;

  FD_ZERO(&set);
  CURL_IGNORE_DEPRECATION(
    fprintf(file, "%" CURL_FORMAT_CURL_OFF_T " %" CURL_FORMAT_CURL_OFF_TU, same, (unsigned long)size);
  )
  fprintf(file, "%s %s %s %s", LIBCURL_VERSION, LIBCURL_COPYRIGHT, LIBCURL_TIMESTAMP, WSCURL_VERSION);
  fprintf(file, "%ld %lu", CURLPROTO_HTTP | CURLPROTO_HTTPS, CURLAUTH_ANY);
  curl_multi_socket(multi, socket, &running);
  (void)url, (void)share, (void)length, (void)time, (void)set, (void)tls;
}
