/* libevent over curl_multi_socket_action(). */
#include "loops.h"
#include <event2/event.h>

static struct event_base *base;
static struct event *timer;

static void act(evutil_socket_t fd, int bits)
{
  int running;
  CHECK_IS(curl_multi_socket_action(multi, (curl_socket_t)fd, bits, &running), CURLM_OK);
  check_messages();
  if(!running)
    event_base_loopbreak(base);
}

static void on_event(evutil_socket_t fd, short what, void *data)
{
  (void)data;
  act(fd, (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timeout(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  (void)data;
  act(CURL_SOCKET_TIMEOUT, 0);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *known)
{
  struct event *event = known;
  (void)easy;
  (void)data;
  if(event)
    event_free(event);
  if(what == CURL_POLL_REMOVE)
    return 0;
  short wanted = (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);
  event = event_new(base, fd, wanted, on_event, NULL);
  event_add(event, NULL);
  curl_multi_assign(multi, fd, event);
  return 0;
}

static int on_timer(CURLM *m, long ms, void *data)
{
  struct timeval time = { ms / 1000, ms % 1000 * 1000 };
  (void)m;
  (void)data;
  if(ms < 0)
    evtimer_del(timer);
  else
    evtimer_add(timer, &time);
  return 0;
}

int main(int argc, char **argv)
{
  (void)argc;
  begin(argv[0]);
  base = event_base_new();
  timer = evtimer_new(base, on_timeout, NULL);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
  add_connections();
  event_base_dispatch(base);
  int failed = end("libevent");
  event_free(timer);
  event_base_free(base);
  return failed;
}
