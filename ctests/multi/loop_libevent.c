/* libevent over curl_multi_socket_action(). */
#include "loops.h"

static int act(curl_socket_t fd, int bits)
{
  int running;
  CHECK_IS(curl_multi_socket_action(multi, fd, bits, &running), CURLM_OK);
  check_messages();
  return running;
}

#include "libevent.h"

int main(int argc, char **argv)
{
  (void)argc;
  begin(argv[0]);
  set_up_libevent();
  add_connections();
  run_libevent();
  int failed = end("libevent");
  end_libevent();
  return failed;
}
