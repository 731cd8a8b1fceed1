/* What one event costs with many idle connections, and what an idle connection costs.

   scale perform|socket|connect-only CONNECTIONS [ROUNDS]

   Opens the connections, has each echo a message, and then lets one after the other echo ROUNDS messages, five times: the
   median counts. Prints
   `MODE CONNECTIONS µs-CPU-per-event heap-bytes-per-connection RSS-bytes-per-connection seconds-to-open`. */
#include "common.h"
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <sys/epoll.h>

enum { CHUNK = 250, BATCHES = 5 };

static CURLM *multi;
static int set, echoes, watched;
static long timer = -1;
static double timer_due;

static double cpu(void)
{
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int by_size(const void *left, const void *right)
{
  double l = *(const double *)left, r = *(const double *)right;
  return (l > r) - (l < r);
}

static size_t heap(void)
{
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

static size_t resident(void)
{
  long size, pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(fscanf(file, "%ld %ld", &size, &pages) == 2);
  fclose(file);
  return (size_t)pages * 4096;
}

static size_t on_frame(char *bytes, size_t size, size_t count, void *data)
{
  (void)bytes;
  (void)data;
  echoes++;
  return size * count;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *known)
{
  struct epoll_event event = { .data.fd = fd };
  (void)easy;
  (void)data;
  event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
  if(what == CURL_POLL_REMOVE) {
    epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL);
    watched--;
  }
  else if(known)
    epoll_ctl(set, EPOLL_CTL_MOD, fd, &event);
  else {
    epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(multi, fd, &watched);
    watched++;
  }
  return 0;
}

static int on_timer(CURLM *m, long ms, void *data)
{
  (void)m;
  (void)data;
  timer = ms;
  timer_due = seconds() + (double)ms / 1000;
  return 0;
}

static void turn_socket(int limit)
{
  struct epoll_event events[256];
  int running, wait = limit;
  if(timer >= 0) {
    double left = (timer_due - seconds()) * 1000 + 1;
    wait = left < 1 ? 0 : left < limit ? (int)left : limit;
  }
  int count = epoll_wait(set, events, 256, wait);
  for(int i = 0; i < count; i++)
    curl_multi_socket_action(multi, events[i].data.fd, 0, &running);
  if(timer >= 0 && seconds() >= timer_due) {
    timer = -1;
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
  }
}

static void turn_perform(int limit)
{
  int running;
  CHECK_IS(curl_multi_poll(multi, NULL, 0, limit, NULL), CURLM_OK);
  CHECK_IS(curl_multi_perform(multi, &running), CURLM_OK);
}

static void (*turn)(int limit);

static int is_open(CURL *easy)
{
  long code = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
  return code == 101;
}

/* Whether so many CONNECT_ONLY transfers and one more are done. */
static int is_done(int before)
{
  static int done;
  int left;
  while(curl_multi_info_read(multi, &left))
    done++;
  return done > before;
}

/* One echo of a CONNECT_ONLY connection, which is the application's to wait for. */
static void exchange(CURL *easy)
{
  const struct curl_ws_frame *meta;
  curl_socket_t fd;
  char buffer[64];
  size_t size;
  curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd);
  CHECK_IS(curl_ws_send(easy, "hello", 5, &size, 0, CURLWS_TEXT), CURLE_OK);
  while(curl_ws_recv(easy, buffer, sizeof(buffer), &size, &meta) == CURLE_AGAIN)
    poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 1000);
  CHECK_IS(size, 5);
  echoes++;
}

/* One echo of a connection that the multi handle drives. */
static void echo(CURL *easy, int until)
{
  size_t sent;
  CHECK_IS(curl_ws_send(easy, "hello", 5, &sent, 0, CURLWS_TEXT), CURLE_OK);
  while(echoes < until)
    turn(1000);
}

int main(int argc, char **argv)
{
  const char *mode = argc > 1 ? argv[1] : "perform";
  int n = argc > 2 ? atoi(argv[2]) : 100, rounds = argc > 3 ? atoi(argv[3]) : 1000;
  int connect_only = !strcmp(mode, "connect-only"), left;
  CURL *first = NULL, **easy = calloc((size_t)n, sizeof(*easy));
  size_t sent;
  raise_limit();
  start_server(argv[0]);
  curl_global_init(CURL_GLOBAL_ALL);
  multi = curl_multi_init();
  turn = turn_perform;
  if(!strcmp(mode, "socket")) {
    turn = turn_socket;
    set = epoll_create1(0);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
  }
  /* what the first connection costs is not what each costs */
  size_t heap_before = 0, resident_before = 0;
  double begun = seconds();
  for(int i = -1; i < n; i++) {
    CURL *one = curl_easy_init();
    *(i < 0 ? &first : &easy[i]) = one;
    curl_easy_setopt(one, CURLOPT_URL, url("/echo"));
    curl_easy_setopt(one, CURLOPT_WRITEFUNCTION, on_frame);
    curl_easy_setopt(one, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(one, CURLOPT_CONNECT_ONLY, connect_only ? 2L : 0L);
    CHECK_IS(curl_multi_add_handle(multi, one), CURLM_OK);
    if(i < 0 || i % CHUNK == CHUNK - 1 || i == n - 1) {
      for(int at = i < 0 ? i : i - i % CHUNK; at <= i; at++)
        while(connect_only ? !is_done(at + 1) : !is_open(at < 0 ? one : easy[at]))
          turn(1000);
      if(i < 0) {
        if(connect_only)
          exchange(one);
        else
          echo(one, 1);
        heap_before = heap();
        resident_before = resident();
      }
    }
  }
  double opened = seconds() - begun;
  CHECK(!curl_multi_info_read(multi, &left));
  echoes = 0;
  for(int i = 0; i < n; i++) {
    if(connect_only)
      exchange(easy[i]);
    else {
      CHECK_IS(curl_ws_send(easy[i], "hello", 5, &sent, 0, CURLWS_TEXT), CURLE_OK);
      if(i % CHUNK == CHUNK - 1 || i == n - 1)
        while(echoes <= i)
          turn(1000);
    }
  }
  size_t heap_each = (heap() - heap_before) / (size_t)n, resident_each = (resident() - resident_before) / (size_t)n;
  turn(0);
  echoes = 0;
  double spent[BATCHES];
  for(int batch = 0, i = 0; batch < BATCHES; batch++) {
    double used = cpu();
    for(int until = i + rounds; i < until; i++) {
      CURL *one = easy[(long)i * 7919 % n];
      if(connect_only)
        exchange(one);
      else
        echo(one, i + 1);
    }
    spent[batch] = (cpu() - used) / rounds;
  }
  qsort(spent, BATCHES, sizeof(spent[0]), by_size);
  printf("%s %d %.1f %zu %zu %.2f\n", mode, n, spent[BATCHES / 2], heap_each, resident_each, opened);
  fflush(stdout);
  if(getenv("SCALE_CLEAN")) {
    for(int i = 0; i < n; i++) {
      curl_multi_remove_handle(multi, easy[i]);
      curl_easy_cleanup(easy[i]);
    }
    curl_easy_cleanup(first);
    curl_multi_cleanup(multi);
    free(easy);
  }
  return 0;
}
