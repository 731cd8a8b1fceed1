/* curl_multi_poll() with descriptors of the program's own, and a thread that wakes it. */
#include "loops.h"
#include <pthread.h>

static int pipes[2];

static void *other_thread(void *data)
{
  (void)data;
  for(int i = 0; i < 50; i++) {
    usleep(1000);
    CHECK_IS(curl_multi_wakeup(multi), CURLM_OK);
    CHECK_IS(write(pipes[1], "x", 1), 1);
  }
  return NULL;
}

int main(int argc, char **argv)
{
  int running = 1, seen = 0;
  pthread_t thread;
  (void)argc;
  begin(argv[0]);
  CHECK(!pipe(pipes));
  add_connections();
  pthread_create(&thread, NULL, other_thread, NULL);
  while(running || seen < 50) {
    struct curl_waitfd own = { pipes[0], CURL_WAIT_POLLIN, 0 };
    char byte;
    CHECK_IS(curl_multi_perform(multi, &running), CURLM_OK);
    check_messages();
    CHECK_IS(curl_multi_poll(multi, &own, 1, 1000, NULL), CURLM_OK);
    if(own.revents & CURL_WAIT_POLLIN) {
      CHECK_IS(read(pipes[0], &byte, 1), 1);
      seen++;
    }
  }
  pthread_join(thread, NULL);
  return end("poll");
}
