/* curl_formadd takes C's variable arguments, which stable Rust can't. What they mean is decided in Rust. */

#include <stdarg.h>

struct arguments {
  va_list list;
};

struct curl_httppost;

int wscurl_formadd(struct curl_httppost **first, struct curl_httppost **last, struct arguments *arguments);

/* The next argument. On the supported platforms an int, a long and a pointer are passed in the same way. */
void *wscurl_next_argument(struct arguments *arguments)
{
  return va_arg(arguments->list, void *);
}

int curl_formadd(struct curl_httppost **first, struct curl_httppost **last, ...)
{
  struct arguments arguments;
  int result;

  va_start(arguments.list, last);
  result = wscurl_formadd(first, last, &arguments);
  va_end(arguments.list);
  return result;
}
