/* A program that does nothing with the library that it is linked with, if any. */
#ifdef WITH_CURL
#include <curl/curl.h>
#endif

int main(void)
{
#ifdef WITH_CURL
  if(curl_global_init(CURL_GLOBAL_ALL))
    return 1;
  curl_global_cleanup();
#endif
  return 0;
}
