/* libuv over curl_multi_socket_action(). */
#include "loops.h"
#include <uv.h>

static uv_loop_t *loop;
static uv_timer_t timer;

static void act(curl_socket_t fd, int bits)
{
  int running;
  CHECK_IS(curl_multi_socket_action(multi, fd, bits, &running), CURLM_OK);
  check_messages();
  if(!running)
    uv_stop(loop);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
  int bits = (events & UV_READABLE ? CURL_CSELECT_IN : 0) | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
  act((curl_socket_t)(long)poll->data, status < 0 ? CURL_CSELECT_ERR : bits);
}

static void on_timeout(uv_timer_t *handle)
{
  (void)handle;
  act(CURL_SOCKET_TIMEOUT, 0);
}

static void on_closed(uv_handle_t *handle)
{
  free(handle);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *known)
{
  uv_poll_t *poll = known;
  (void)easy;
  (void)data;
  if(what == CURL_POLL_REMOVE) {
    uv_poll_stop(poll);
    uv_close((uv_handle_t *)poll, on_closed);
    return 0;
  }
  if(!poll) {
    poll = malloc(sizeof(*poll));
    uv_poll_init_socket(loop, poll, fd);
    poll->data = (void *)(long)fd;
    curl_multi_assign(multi, fd, poll);
  }
  uv_poll_start(poll, (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0), on_poll);
  return 0;
}

static int on_timer(CURLM *m, long ms, void *data)
{
  (void)m;
  (void)data;
  if(ms < 0)
    uv_timer_stop(&timer);
  else
    uv_timer_start(&timer, on_timeout, (uint64_t)ms, 0);
  return 0;
}

int main(int argc, char **argv)
{
  (void)argc;
  begin(argv[0]);
  loop = uv_default_loop();
  uv_timer_init(loop, &timer);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
  add_connections();
  uv_run(loop, UV_RUN_DEFAULT);
  int failed = end("libuv");
  uv_close((uv_handle_t *)&timer, NULL);
  uv_run(loop, UV_RUN_DEFAULT);
  uv_loop_close(loop);
  return failed;
}
