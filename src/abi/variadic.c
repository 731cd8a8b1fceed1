/* The functions of variadic.rs that take an argument of any type, for systems that pass variable arguments in another way than
   named ones: they hand it on as a named one. A long, a curl_off_t and a pointer have the same size there. */

#include <stdarg.h>
#include <stdint.h>

typedef void CURL;
typedef void CURLM;
typedef void CURLSH;

int wscurl_easy_setopt(CURL *curl, int option, void *argument);
int wscurl_easy_getinfo(CURL *curl, int info, void *answer);
int wscurl_multi_setopt(CURLM *multi, int option, void *argument);
int wscurl_share_setopt(CURLSH *share, int option, void *argument);

_Static_assert(sizeof(long) == sizeof(void *) && sizeof(int64_t) == sizeof(void *), "arguments have one size");

int curl_easy_setopt(CURL *curl, int option, ...)
{
  va_list arguments;
  void *argument;

  va_start(arguments, option);
  argument = va_arg(arguments, void *);
  va_end(arguments);
  return wscurl_easy_setopt(curl, option, argument);
}

int curl_easy_getinfo(CURL *curl, int info, ...)
{
  va_list arguments;
  void *answer;

  va_start(arguments, info);
  answer = va_arg(arguments, void *);
  va_end(arguments);
  return wscurl_easy_getinfo(curl, info, answer);
}

int curl_multi_setopt(CURLM *multi, int option, ...)
{
  va_list arguments;
  void *argument;

  va_start(arguments, option);
  argument = va_arg(arguments, void *);
  va_end(arguments);
  return wscurl_multi_setopt(multi, option, argument);
}

int curl_share_setopt(CURLSH *share, int option, ...)
{
  va_list arguments;
  void *argument;

  va_start(arguments, option);
  argument = va_arg(arguments, void *);
  va_end(arguments);
  return wscurl_share_setopt(share, option, argument);
}
