/* The curl_m*printf functions. They take C's variable arguments, which stable Rust can't, and format as the C library does. */

#include <stdarg.h>
#include <stdio.h>

void *wscurl_allocate(size_t size);

int curl_mvprintf(const char *format, va_list args)
{
  return vprintf(format, args);
}

int curl_mvfprintf(FILE *stream, const char *format, va_list args)
{
  return vfprintf(stream, format, args);
}

int curl_mvsprintf(char *buffer, const char *format, va_list args)
{
  return vsprintf(buffer, format, args);
}

/* Unlike vsnprintf, returns how many bytes it stored before the NUL. */
int curl_mvsnprintf(char *buffer, size_t maxlength, const char *format, va_list args)
{
  int wanted = vsnprintf(buffer, maxlength, format, args);
  if(wanted < 0 || (size_t)wanted < maxlength)
    return wanted;
  return maxlength ? (int)(maxlength - 1) : 0;
}

/* The result is freed with curl_free; NULL if there is no memory. */
char *curl_mvaprintf(const char *format, va_list args)
{
  va_list again;
  char *result = NULL;
  int length;

  va_copy(again, args);
  length = vsnprintf(NULL, 0, format, args);
  if(length >= 0)
    result = wscurl_allocate((size_t)length + 1);
  if(result)
    vsnprintf(result, (size_t)length + 1, format, again);
  va_end(again);
  return result;
}

int curl_mprintf(const char *format, ...)
{
  va_list args;
  int length;

  va_start(args, format);
  length = curl_mvprintf(format, args);
  va_end(args);
  return length;
}

int curl_mfprintf(FILE *stream, const char *format, ...)
{
  va_list args;
  int length;

  va_start(args, format);
  length = curl_mvfprintf(stream, format, args);
  va_end(args);
  return length;
}

int curl_msprintf(char *buffer, const char *format, ...)
{
  va_list args;
  int length;

  va_start(args, format);
  length = curl_mvsprintf(buffer, format, args);
  va_end(args);
  return length;
}

int curl_msnprintf(char *buffer, size_t maxlength, const char *format, ...)
{
  va_list args;
  int length;

  va_start(args, format);
  length = curl_mvsnprintf(buffer, maxlength, format, args);
  va_end(args);
  return length;
}

char *curl_maprintf(const char *format, ...)
{
  va_list args;
  char *result;

  va_start(args, format);
  result = curl_mvaprintf(format, args);
  va_end(args);
  return result;
}
