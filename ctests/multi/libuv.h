/* A multi handle under libuv, over curl_multi_socket_action(). Who includes this has a `multi`, a CHECK(), and
   `int act(curl_socket_t fd, int bits)`, which makes that call and returns how many transfers are running. */
#ifndef LIBUV_H
#define LIBUV_H

#include <stdlib.h>
#include <uv.h>

static uv_timer_t libuv_timer;

static void libuv_act(curl_socket_t fd, int bits)
{
  if(!act(fd, bits))
    uv_stop(uv_default_loop());
}

static void libuv_ready(uv_poll_t *poll, int status, int events)
{
  int bits = (events & UV_READABLE ? CURL_CSELECT_IN : 0) | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
  libuv_act((curl_socket_t)(long)poll->data, status < 0 ? CURL_CSELECT_ERR : bits);
}

static void libuv_timeout(uv_timer_t *handle)
{
  (void)handle;
  libuv_act(CURL_SOCKET_TIMEOUT, 0);
}

static void libuv_closed(uv_handle_t *handle)
{
  free(handle);
}

static int libuv_watch(CURL *easy, curl_socket_t fd, int what, void *data, void *known)
{
  uv_poll_t *poll = known;
  (void)easy;
  (void)data;
  if(what == CURL_POLL_REMOVE) {
    uv_poll_stop(poll);
    uv_close((uv_handle_t *)poll, libuv_closed);
    return 0;
  }
  if(!poll) {
    poll = malloc(sizeof(*poll));
    uv_poll_init_socket(uv_default_loop(), poll, fd);
    poll->data = (void *)(long)fd;
    CHECK(curl_multi_assign(multi, fd, poll) == CURLM_OK);
  }
  uv_poll_start(poll, (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0), libuv_ready);
  return 0;
}

static int libuv_set_timer(CURLM *which, long ms, void *data)
{
  (void)data;
  CHECK(which == multi);
  if(ms < 0)
    uv_timer_stop(&libuv_timer);
  else
    uv_timer_start(&libuv_timer, libuv_timeout, (uint64_t)ms, 0);
  return 0;
}

static void set_up_libuv(void)
{
  uv_timer_init(uv_default_loop(), &libuv_timer);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, libuv_watch);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, libuv_set_timer);
}

static void run_libuv(void)
{
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

static inline void end_libuv(void)
{
  uv_close((uv_handle_t *)&libuv_timer, NULL);
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
  uv_loop_close(uv_default_loop());
}

#endif
