/* A select() loop over curl_multi_fdset() and curl_multi_timeout(). */
#include "loops.h"
#include <sys/select.h>

int main(int argc, char **argv)
{
  int running;
  (void)argc;
  begin(argv[0]);
  add_connections();
  do {
    fd_set in, out, err;
    int highest = -1;
    long wait = -1;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&err);
    CHECK_IS(curl_multi_fdset(multi, &in, &out, &err, &highest), CURLM_OK);
    CHECK_IS(curl_multi_timeout(multi, &wait), CURLM_OK);
    if(wait < 0 || wait > 1000)
      wait = 1000;
    if(highest < 0 && wait > 100)
      wait = 100;
    struct timeval time = { wait / 1000, wait % 1000 * 1000 };
    select(highest + 1, &in, &out, &err, &time);
    CHECK_IS(curl_multi_perform(multi, &running), CURLM_OK);
    check_messages();
  } while(running);
  return end("select");
}
