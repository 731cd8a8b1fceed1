/* A multi handle under libevent, over curl_multi_socket_action(). Who includes this has a `multi`, a CHECK(), and
   `int act(curl_socket_t fd, int bits)`, which makes that call and returns how many transfers are running. */
#ifndef LIBEVENT_H
#define LIBEVENT_H

#include <event2/event.h>

static struct event_base *libevent_base;
static struct event *libevent_timer;

static void libevent_act(curl_socket_t fd, int bits)
{
  if(!act(fd, bits))
    event_base_loopbreak(libevent_base);
}

static void libevent_ready(evutil_socket_t fd, short what, void *data)
{
  (void)data;
  libevent_act(fd, (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void libevent_timeout(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  (void)data;
  libevent_act(CURL_SOCKET_TIMEOUT, 0);
}

static int libevent_watch(CURL *easy, curl_socket_t fd, int what, void *data, void *known)
{
  struct event *event = known;
  (void)easy;
  (void)data;
  if(event)
    event_free(event);
  if(what == CURL_POLL_REMOVE)
    return 0;
  short wanted = (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);
  event = event_new(libevent_base, fd, wanted, libevent_ready, NULL);
  event_add(event, NULL);
  CHECK(curl_multi_assign(multi, fd, event) == CURLM_OK);
  return 0;
}

static int libevent_set_timer(CURLM *which, long ms, void *data)
{
  struct timeval time = { ms / 1000, ms % 1000 * 1000 };
  (void)data;
  CHECK(which == multi);
  if(ms < 0)
    evtimer_del(libevent_timer);
  else
    evtimer_add(libevent_timer, &time);
  return 0;
}

static void set_up_libevent(void)
{
  libevent_base = event_base_new();
  libevent_timer = evtimer_new(libevent_base, libevent_timeout, NULL);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, libevent_watch);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, libevent_set_timer);
}

static void run_libevent(void)
{
  event_base_dispatch(libevent_base);
}

static inline void end_libevent(void)
{
  event_free(libevent_timer);
  event_base_free(libevent_base);
}

#endif
