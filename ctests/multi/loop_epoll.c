/* A plain epoll loop over curl_multi_socket_action(). */
#include "loops.h"
#include <sys/epoll.h>

static int set;
static long timer = -1;
static double due;

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *known)
{
  struct epoll_event event = { .data.fd = fd };
  (void)easy;
  (void)data;
  event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
  if(what == CURL_POLL_REMOVE)
    CHECK(!epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL));
  else {
    CHECK(!epoll_ctl(set, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event));
    curl_multi_assign(multi, fd, &set);
  }
  return 0;
}

static int on_timer(CURLM *m, long ms, void *data)
{
  (void)m;
  (void)data;
  timer = ms;
  due = seconds() + (double)ms / 1000;
  return 0;
}

int main(int argc, char **argv)
{
  struct epoll_event events[64];
  int running = 1;
  (void)argc;
  begin(argv[0]);
  set = epoll_create1(EPOLL_CLOEXEC);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
  add_connections();
  while(running) {
    double left = (due - seconds()) * 1000;
    int count = epoll_wait(set, events, 64, timer < 0 ? -1 : left > 0 ? (int)left + 1 : 0);
    for(int i = 0; i < count; i++)
      curl_multi_socket_action(multi, events[i].data.fd, 0, &running);
    if(timer >= 0 && seconds() >= due) {
      timer = -1;
      curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    check_messages();
  }
  close(set);
  return end("epoll");
}
