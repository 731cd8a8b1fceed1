/* Adding, removing and ending handles at every moment, messages, codes, counts. Prints a transcript. */
#include "common.h"

static CURLM *multi;
static int frames, closed;

static size_t on_frame(char *bytes, size_t size, size_t count, void *data)
{
  (void)bytes;
  (void)data;
  frames++;
  return size * count;
}

static size_t on_echo(char *bytes, size_t size, size_t count, void *data)
{
  (void)bytes;
  ++*(int *)data;
  return size * count;
}

static int on_close(void *data, curl_socket_t fd)
{
  (void)data;
  closed++;
  return close(fd);
}

static CURL *make(const char *path, long connect_only)
{
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url(path));
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, connect_only);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_frame);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  return easy;
}

/* Drives until a message comes, or for so long. */
static CURLMsg *drive(double limit)
{
  double end = seconds() + limit;
  int running, left;
  for(;;) {
    CHECK_IS(curl_multi_perform(multi, &running), CURLM_OK);
    CURLMsg *message = curl_multi_info_read(multi, &left);
    if(message || seconds() > end)
      return message;
    CHECK_IS(curl_multi_poll(multi, NULL, 0, 20, NULL), CURLM_OK);
  }
}

static long is_open(CURL *easy)
{
  long code = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
  return code;
}

static void until_open(CURL *easy)
{
  double end = seconds() + 5;
  while(is_open(easy) != 101 && seconds() < end)
    CHECK(!drive(0.001));
  CHECK_IS(is_open(easy), 101);
}

static curl_off_t count(CURLMinfo_offt what)
{
  curl_off_t value = -2;
  CHECK_IS(curl_multi_get_offt(multi, what, &value), CURLM_OK);
  return value;
}

static void codes(void)
{
  CURL *easy = make("/echo", 0);
  CURLM *other = curl_multi_init();
  curl_off_t value;
  int running = 7;
  printf("add: %d %d", curl_multi_add_handle(multi, NULL), curl_multi_add_handle(NULL, easy));
  printf(" %d", curl_multi_add_handle(multi, easy));
  printf(" %d %d\n", curl_multi_add_handle(multi, easy), curl_multi_add_handle(other, easy));
  printf("perform while added: %d\n", curl_easy_perform(easy));
  printf("remove: %d %d", curl_multi_remove_handle(other, easy), curl_multi_remove_handle(multi, NULL));
  printf(" %d", curl_multi_remove_handle(multi, easy));
  printf(" %d\n", curl_multi_remove_handle(multi, easy));
  printf("perform: %d", curl_multi_perform(multi, &running));
  printf(" running %d\n", running);
  printf("setopt: %d", curl_multi_setopt(multi, 99, 1L));
  printf(" %d", curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, -1L));
  printf(" %d", curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX));
  printf(" %d", curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 5L));
  printf(" %d\n", curl_multi_setopt(NULL, CURLMOPT_MAXCONNECTS, 5L));
  printf("offt: %d", curl_multi_get_offt(multi, 77, &value));
  printf(" %ld %d\n", (long)value, curl_multi_get_offt(multi, CURLMINFO_XFERS_ADDED, NULL));
  printf("poll: %d\n", curl_multi_poll(multi, NULL, 0, -1, NULL));
  printf("assign: %d\n", curl_multi_assign(multi, 12345, NULL));
  printf("notify: %d %d\n", curl_multi_notify_enable(multi, 2), curl_multi_notify_disable(multi, 99));
  printf("cleanup: %d\n", curl_multi_cleanup(NULL));
  curl_multi_cleanup(other);
  curl_easy_cleanup(easy);
}

/* Accepted in any state; most of them mean nothing to a WebSocket. */
static void options(void)
{
  CHECK_IS(curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, 50L), CURLM_OK);
  CHECK_IS(curl_multi_setopt(multi, CURLMOPT_MAX_PIPELINE_LENGTH, 5L), CURLM_OK);
  CHECK_IS(curl_multi_setopt(multi, CURLMOPT_CONTENT_LENGTH_PENALTY_SIZE, (curl_off_t)1), CURLM_OK);
  CHECK_IS(curl_multi_setopt(multi, CURLMOPT_CHUNK_LENGTH_PENALTY_SIZE, (curl_off_t)1), CURLM_OK);
  CHECK_IS(curl_multi_setopt(multi, CURLMOPT_PIPELINING_SITE_BL, NULL), CURLM_OK);
  CHECK_IS(curl_multi_setopt(multi, CURLMOPT_PIPELINING_SERVER_BL, NULL), CURLM_OK);
  CHECK_IS(curl_multi_setopt(multi, CURLMOPT_PUSHFUNCTION, NULL), CURLM_OK);
  CHECK_IS(curl_multi_setopt(multi, CURLMOPT_PUSHDATA, NULL), CURLM_OK);
  CHECK_IS(curl_multi_setopt(multi, CURLMOPT_QUICK_EXIT, 0L), CURLM_OK);
  CHECK_IS(curl_multi_setopt(multi, CURLMOPT_NETWORK_CHANGED, CURLMNWC_CLEAR_ALL), CURLM_OK);
  CHECK_IS(curl_multi_setopt(multi, CURLMOPT_RESOLVE_THREADS_MAX, 0L), CURLM_BAD_FUNCTION_ARGUMENT);
  CHECK_IS(curl_multi_setopt(multi, CURLMOPT_RESOLVE_THREADS_MAX, 4L), CURLM_OK);
}

static void callback_mode(void)
{
  CURL *easy = make("/echo", 0);
  CURL **handles;
  size_t sent;
  int left;
  frames = closed = 0;
  CHECK_IS(curl_multi_add_handle(multi, easy), CURLM_OK);
  CHECK_IS(count(CURLMINFO_XFERS_CURRENT), 1);
  handles = curl_multi_get_handles(multi);
  CHECK(handles[0] == easy && !handles[1]);
  curl_free(handles);
  until_open(easy);
  CHECK_IS(curl_ws_send(easy, "abc", 3, &sent, 0, CURLWS_TEXT), CURLE_OK);
  while(!frames)
    drive(0.05);
  CHECK_IS(count(CURLMINFO_XFERS_RUNNING), 1);
  CHECK_IS(curl_ws_send(easy, "\x03\xe8", 2, &sent, 0, CURLWS_CLOSE), CURLE_OK);
  CURLMsg *message = drive(5);
  CHECK(message && message->msg == CURLMSG_DONE && message->easy_handle == easy);
  printf("callback mode: done %d, frames %d, closed %d\n", message->data.result, frames, closed);
  CHECK(!curl_multi_info_read(multi, &left) && !left);
  CHECK_IS(count(CURLMINFO_XFERS_DONE), 1);
  CHECK_IS(count(CURLMINFO_XFERS_RUNNING), 0);
  CHECK_IS(curl_multi_remove_handle(multi, easy), CURLM_OK);
  CHECK_IS(is_open(easy), 101);
  curl_easy_cleanup(easy);
}

static void connect_only(void)
{
  CURL *easy = make("/echo", 2);
  const struct curl_ws_frame *meta;
  char buffer[64];
  size_t size;
  CURLcode code;
  closed = 0;
  curl_multi_add_handle(multi, easy);
  CURLMsg *message = drive(5);
  CHECK(message && message->easy_handle == easy);
  printf("connect only: done %d, closed %d", message->data.result, closed);
  CHECK(!drive(0.05));
  CHECK_IS(curl_ws_send(easy, "hello", 5, &size, 0, CURLWS_BINARY), CURLE_OK);
  while((code = curl_ws_recv(easy, buffer, sizeof(buffer), &size, &meta)) == CURLE_AGAIN)
    CHECK(!drive(0.001));
  printf(", echo %d %.*s flags %d", code, (int)size, buffer, meta->flags);
  CHECK(!drive(0.05));
  curl_multi_remove_handle(multi, easy);
  code = curl_ws_send(easy, "x", 1, &size, 0, CURLWS_TEXT);
  printf(", closed %d, then send %d", closed, code);
  printf(" recv %d\n", curl_ws_recv(easy, buffer, sizeof(buffer), &size, &meta));
  curl_easy_cleanup(easy);
}

static void failures(void)
{
  CURL *easy = make("/echo", 0);
  CURLMsg *message;
  curl_easy_setopt(easy, CURLOPT_URL, "ws://127.0.0.1:1/");
  curl_multi_add_handle(multi, easy);
  message = drive(5);
  printf("refused: %d", message->data.result);
  curl_multi_remove_handle(multi, easy);
  curl_easy_setopt(easy, CURLOPT_URL, "foo://x/");
  curl_multi_add_handle(multi, easy);
  message = drive(5);
  printf(", scheme: %d", message->data.result);
  curl_multi_remove_handle(multi, easy);
  curl_easy_setopt(easy, CURLOPT_URL, url("/silent"));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 200L);
  double start = seconds();
  curl_multi_add_handle(multi, easy);
  message = drive(5);
  printf(", time-out: %d %s", message->data.result, seconds() - start < 0.19 ? "early" : "");
  curl_multi_remove_handle(multi, easy);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 0L);
  curl_easy_setopt(easy, CURLOPT_URL, url("/close"));
  curl_multi_add_handle(multi, easy);
  message = drive(5);
  printf(", closed: %d\n", message->data.result);
  curl_multi_remove_handle(multi, easy);
  curl_easy_cleanup(easy);
}

/* A handle is removed, used again, and ended, at each of its moments. */
static void every_moment(void)
{
  for(int moment = 0; moment < 12; moment++) {
    CURL *easy = make(moment % 2 ? "/echo" : "/silent", moment % 3 ? 0 : 2);
    if(moment >= 8)
      curl_easy_setopt(easy, CURLOPT_URL, "ws://no.such.name.invalid/");
    curl_multi_add_handle(multi, easy);
    int running;
    for(int i = 0; i < moment / 2; i++) {
      curl_multi_perform(multi, &running);
      usleep(500);
    }
    CHECK_IS(curl_multi_remove_handle(multi, easy), CURLM_OK);
    CHECK_IS(count(CURLMINFO_XFERS_CURRENT), 0);
    curl_easy_setopt(easy, CURLOPT_URL, url("/echo"));
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 0L);
    curl_multi_add_handle(multi, easy);
    until_open(easy);
    curl_easy_cleanup(easy); /* takes it out first */
    CHECK_IS(count(CURLMINFO_XFERS_CURRENT), 0);
    CHECK(!drive(0));
  }
  printf("every moment: fine\n");
}

static void multi_ends_first(void)
{
  CURL *easy = make("/echo", 2), *fresh = make("/echo", 0), *running = make("/echo", 0);
  CURLM *main_multi = multi;
  multi = curl_multi_init();
  curl_multi_add_handle(multi, easy);
  curl_multi_add_handle(multi, running);
  CHECK(drive(5));
  until_open(running);
  curl_multi_add_handle(multi, fresh);
  printf("multi ends first: %d", curl_multi_cleanup(multi));
  multi = main_multi;
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 2L);
  printf(", then perform: %d\n", curl_easy_perform(easy));
  curl_easy_cleanup(running);
  curl_easy_cleanup(fresh);
  curl_easy_cleanup(easy);
}

static void pausing(void)
{
  CURL *easy = make("/echo", 0);
  size_t sent;
  curl_multi_add_handle(multi, easy);
  until_open(easy);
  frames = 0;
  CHECK_IS(curl_easy_pause(easy, CURLPAUSE_RECV), CURLE_OK);
  CHECK_IS(curl_ws_send(easy, "abc", 3, &sent, 0, CURLWS_TEXT), CURLE_OK);
  CHECK(!drive(0.1));
  printf("paused: %d", frames);
  CHECK_IS(curl_easy_pause(easy, CURLPAUSE_CONT), CURLE_OK);
  long wait = -5;
  curl_multi_timeout(multi, &wait);
  printf(", time-out %ld", wait);
  CHECK(!drive(0.1));
  printf(", resumed: %d\n", frames);
  curl_easy_cleanup(easy);
}

static void waiting(void)
{
  CURLM *empty = curl_multi_init();
  int pipes[2], ready = 7;
  double start = seconds();
  curl_multi_wait(empty, NULL, 0, 1000, &ready);
  printf("wait without descriptors: %d %s", ready, seconds() - start < 0.5 ? "at once" : "waited");
  start = seconds();
  curl_multi_poll(empty, NULL, 0, 100, &ready);
  printf(", poll: %d %s", ready, seconds() - start < 0.09 ? "at once" : "waited");
  CHECK(!pipe(pipes));
  CHECK_IS(write(pipes[1], "x", 1), 1);
  struct curl_waitfd extra[2] = { { pipes[0], CURL_WAIT_POLLIN, 0 }, { pipes[1], CURL_WAIT_POLLOUT, 0 } };
  curl_multi_poll(empty, extra, 2, 1000, &ready);
  printf(", extra: %d (%d %d)", ready, extra[0].revents, extra[1].revents);
  curl_multi_wakeup(empty);
  start = seconds();
  curl_multi_poll(empty, NULL, 0, 1000, &ready);
  printf(", woken: %d %s", ready, seconds() - start < 0.5 ? "at once" : "waited");
  start = seconds();
  curl_multi_poll(empty, NULL, 0, 50, &ready);
  printf(", once: %s\n", seconds() - start < 0.04 ? "at once" : "waited");
  curl_multi_cleanup(empty);
  close(pipes[0]);
  close(pipes[1]);
}

static void limits(void)
{
  enum { N = 6 };
  CURL *easy[N];
  CURLM *main_multi = multi;
  int running;
  multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, 2L);
  for(int i = 0; i < N; i++) {
    easy[i] = make("/echo", 0);
    CHECK_IS(curl_multi_add_handle(multi, easy[i]), CURLM_OK);
  }
  until_open(easy[0]);
  until_open(easy[1]);
  CHECK(!drive(0.05));
  printf("limits: pending %d", (int)count(CURLMINFO_XFERS_PENDING));
  curl_multi_perform(multi, &running);
  printf(" running %d", running);
  for(int i = 0; i < N; i++) {
    until_open(easy[i]);
    CHECK(i + 2 >= N || is_open(easy[i + 2]) == 0);
    curl_multi_remove_handle(multi, easy[i]);
    curl_easy_cleanup(easy[i]);
  }
  printf(", in the end pending %d\n", (int)count(CURLMINFO_XFERS_PENDING));
  curl_multi_cleanup(multi);
  multi = main_multi;
}

/* One connection that floods does not starve another. */
static void fairness(void)
{
  CURL *flood = make("/flood", 0), *easy = make("/echo", 0);
  size_t sent;
  curl_multi_add_handle(multi, flood);
  until_open(flood);
  curl_multi_add_handle(multi, easy);
  until_open(easy);
  int echoes = 0;
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &echoes);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_echo);
  double start = seconds();
  for(int i = 0; i < 100; i++) {
    CHECK_IS(curl_ws_send(easy, "abc", 3, &sent, 0, CURLWS_TEXT), CURLE_OK);
    while(echoes <= i)
      drive(0);
  }
  printf("beside a flood: %s\n", seconds() - start < 5 ? "soon" : "late");
  curl_easy_cleanup(flood);
  curl_easy_cleanup(easy);
}

/* Many handles wait for one name, which the system's resolver knows. */
static void names(void)
{
  enum { N = 300 };
  CURL *easy[N];
  char host[256], text[300];
  int wrong = 0;
  gethostname(host, sizeof(host));
  snprintf(text, sizeof(text), "ws://%s:1/", host);
  for(int i = 0; i < N; i++) {
    easy[i] = make("/echo", 0);
    curl_easy_setopt(easy[i], CURLOPT_URL, text);
    curl_multi_add_handle(multi, easy[i]);
  }
  for(int i = 0; i < N; i++) {
    CURLMsg *message = drive(10);
    CHECK(message);
    wrong += message->data.result != CURLE_COULDNT_CONNECT;
    curl_multi_remove_handle(multi, message->easy_handle);
  }
  for(int i = 0; i < N; i++)
    curl_easy_cleanup(easy[i]);
  printf("names: %d wrong\n", wrong);
}

static int notified[2];

static void on_notify(CURLM *m, unsigned int what, CURL *easy, void *data)
{
  CHECK(m == multi && easy && data == notified);
  notified[what]++;
  if(what == CURLMNOTIFY_INFO_READ) {
    int left;
    CURLMsg *message = curl_multi_info_read(m, &left);
    CHECK(message);
    CURL *done = message->easy_handle;
    CHECK_IS(curl_multi_remove_handle(m, done), CURLM_OK);
    CHECK_IS(curl_multi_perform(m, &left), CURLM_RECURSIVE_API_CALL);
  }
}

static void notifications(void)
{
  CURL *easy = make("/close", 0);
  int running = 1;
  curl_multi_setopt(multi, CURLMOPT_NOTIFYFUNCTION, on_notify);
  curl_multi_setopt(multi, CURLMOPT_NOTIFYDATA, notified);
  CHECK_IS(curl_multi_notify_enable(multi, CURLMNOTIFY_INFO_READ), CURLM_OK);
  CHECK_IS(curl_multi_notify_enable(multi, CURLMNOTIFY_EASY_DONE), CURLM_OK);
  curl_multi_add_handle(multi, easy);
  while(running) {
    curl_multi_perform(multi, &running);
    curl_multi_poll(multi, NULL, 0, 100, NULL);
  }
  printf("notified: %d %d, left %d\n", notified[CURLMNOTIFY_INFO_READ], notified[CURLMNOTIFY_EASY_DONE],
         (int)count(CURLMINFO_XFERS_CURRENT));
  curl_multi_setopt(multi, CURLMOPT_NOTIFYFUNCTION, NULL);
  curl_easy_cleanup(easy);
}

int main(int argc, char **argv)
{
  (void)argc;
  start_server(argv[0]);
  curl_global_init(CURL_GLOBAL_ALL);
  multi = curl_multi_init();
  codes();
  options();
  callback_mode();
  connect_only();
  failures();
  every_moment();
  multi_ends_first();
  pausing();
  waiting();
  limits();
  notifications();
  fairness();
  names();
  curl_multi_cleanup(multi);
  curl_global_cleanup();
  return 0;
}
