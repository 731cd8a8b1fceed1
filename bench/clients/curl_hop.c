/* Many open connections in one multi handle, and one echo after the other, each on another connection.

   connect-only: CURLOPT_CONNECT_ONLY 2, curl_ws_send, poll and curl_ws_recv
   perform:      callback mode, curl_multi_poll and curl_multi_perform
   socket:       callback mode, curl_multi_socket_action under an epoll loop of the program's */
#include "curl_hop.h"
#include "curl_common.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

/* So many connections are opened at a time. */
enum { CHUNK = 250 };

static CURLM *multi;
static int set, with_sockets, is_connect_only, watched;
static long echoed; /* bytes */
static double timer_due = -1;

static double seconds(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t on_data(char *bytes, size_t size, size_t count, void *data)
{
  (void)bytes;
  (void)data;
  echoed += (long)(size * count);
  return size * count;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *known)
{
  struct epoll_event event = { .data.fd = fd };
  (void)easy;
  (void)data;
  event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
  if(what == CURL_POLL_REMOVE)
    epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL);
  else {
    epoll_ctl(set, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(multi, fd, &watched);
  }
  return 0;
}

static int on_timer(CURLM *all, long milliseconds, void *data)
{
  (void)all;
  (void)data;
  timer_due = milliseconds < 0 ? -1 : seconds() + (double)milliseconds / 1000;
  return 0;
}

static void turn_sockets(void)
{
  struct epoll_event events[256];
  int running, wait = 1000;
  if(timer_due >= 0) {
    double left = (timer_due - seconds()) * 1000 + 1;
    wait = left < 1 ? 0 : left < wait ? (int)left : wait;
  }
  int count = epoll_wait(set, events, 256, wait);
  for(int i = 0; i < count; i++)
    curl_multi_socket_action(multi, events[i].data.fd, 0, &running);
  if(timer_due >= 0 && seconds() >= timer_due) {
    timer_due = -1;
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
  }
}

static void turn_all(void)
{
  int running;
  if(curl_multi_poll(multi, NULL, 0, 1000, NULL) || curl_multi_perform(multi, &running))
    fail("multi", "failed");
}

static void turn(void)
{
  if(with_sockets)
    turn_sockets();
  else
    turn_all();
}

/* How many CONNECT_ONLY transfers are done. */
static int done(void)
{
  static int sum;
  int left;
  for(CURLMsg *message; (message = curl_multi_info_read(multi, &left)); sum++)
    curl_check("transfer", message->data.result);
  return sum;
}

static int is_open(CURL *easy, int number)
{
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return is_connect_only ? done() > number : status == 101;
}

static void wait_until_open(CURL **easy, int first, int last)
{
  for(int i = first; i <= last; i++)
    while(!is_open(easy[i], i))
      turn();
}

static void echo(CURL *easy, const struct job *job, const char *message, char *buffer)
{
  size_t sent;
  if(is_connect_only) {
    curl_socket_t fd;
    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd);
    send_message(easy, fd, job, message);
    receive_messages(easy, fd, buffer, job->size, 1);
    return;
  }
  long until = echoed + (long)job->size;
  curl_check("curl_ws_send",
             curl_ws_send(easy, message, job->size, &sent, 0, job->text ? CURLWS_TEXT : CURLWS_BINARY));
  while(echoed < until)
    turn();
}

static void add(CURL **easy, const struct job *job)
{
  *easy = curl_handle(job);
  curl_easy_setopt(*easy, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt(*easy, CURLOPT_CONNECT_ONLY, is_connect_only ? 2L : 0L);
  if(curl_multi_add_handle(multi, *easy))
    fail("curl_multi_add_handle", "failed");
}

static void open_multi(const struct job *job)
{
  is_connect_only = !strcmp(job->api, "connect-only");
  with_sockets = !strcmp(job->api, "socket");
  multi = curl_multi_init();
  if(with_sockets) {
    set = epoll_create1(0);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
  }
}

void run_hop(const struct job *job)
{
  CURL **easy = calloc((size_t)job->connections, sizeof(*easy));
  char *message = job_messages(job), *buffer = malloc(job->size);
  int last = job->connections - 1;
  open_multi(job);
  add(&easy[0], job);
  wait_until_open(easy, 0, 0);
  echo(easy[0], job, message, buffer);
  /* What the first connection costs is not what each costs. */
  memory_mark();
  for(int first = 1; first <= last; first += CHUNK) {
    int end = first + CHUNK - 1 < last ? first + CHUNK - 1 : last;
    for(int i = first; i <= end; i++)
      add(&easy[i], job);
    wait_until_open(easy, first, end);
  }
  /* `perform` costs libcurl so much that each connection's first echo goes with the others'. */
  for(int first = 1; first <= last && !is_connect_only; first += CHUNK) {
    size_t sent;
    long until = echoed;
    for(int i = first; i <= last && i < first + CHUNK; i++, until += (long)job->size)
      curl_check("curl_ws_send", curl_ws_send(easy[i], message, job->size, &sent, 0, CURLWS_BINARY));
    while(echoed < until)
      turn();
  }
  for(int i = 1; i <= last && is_connect_only; i++)
    echo(easy[i], job, message, buffer);
  for(long i = 0; i < job->warm; i++)
    echo(easy[i * 7919 % job->connections], job, message, buffer);
  measure_begin();
  for(long i = 0; i < job->count; i++)
    echo(easy[i * 7919 % job->connections], job, message, buffer);
  measure_end();
  report(job->count, job->size * (size_t)job->count, last > 0 ? last : 1);
}
