/* The story that the socket and timer callbacks are told, checked at every step, and calls from inside callbacks. */
#include "common.h"
#include <poll.h>

enum { FDS = 1024 };

static CURLM *multi;
static int watched[FDS], adds, removes, timers, fail_socket, in_callback;
static long timer = -1;
static double timer_due;
static void *given[FDS];
static int frames;

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *fd_data)
{
  CHECK(data == watched && fd >= 0 && fd < FDS && !in_callback);
  CHECK(fd_data == given[fd]);
  in_callback = 1;
  if(what == CURL_POLL_REMOVE) {
    CHECK(watched[fd]);
    removes++;
    watched[fd] = 0;
    given[fd] = NULL;
  }
  else {
    CHECK(what > CURL_POLL_NONE && what < CURL_POLL_REMOVE);
    CHECK(watched[fd] != what || fail_socket);
    if(!watched[fd]) {
      adds++;
      CHECK(!fd_data);
      given[fd] = &given[fd];
      CHECK_IS(curl_multi_assign(multi, fd, &given[fd]), CURLM_OK);
    }
    watched[fd] = what;
  }
  CHECK_IS(curl_multi_perform(multi, &(int){ 0 }), CURLM_RECURSIVE_API_CALL);
  CHECK_IS(curl_multi_cleanup(multi), CURLM_RECURSIVE_API_CALL);
  CHECK_IS(curl_multi_remove_handle(multi, easy), CURLM_RECURSIVE_API_CALL);
  CHECK_IS(curl_multi_wakeup(multi), CURLM_OK);
  in_callback = 0;
  return fail_socket ? -1 : 0;
}

static int on_timer(CURLM *m, long ms, void *data)
{
  CHECK(m == multi && data == &timer && ms >= -1);
  CHECK(!(ms == -1 && timer == -1));
  timers++;
  timer = ms;
  timer_due = seconds() + (double)ms / 1000;
  return 0;
}

static size_t on_frame(char *bytes, size_t size, size_t count, void *data)
{
  CURL *easy = data;
  int running;
  curl_off_t value;
  CURL *dup = curl_easy_duphandle(easy);
  (void)bytes;
  frames++;
  CHECK(dup);
  CHECK_IS(curl_easy_perform(easy), CURLE_RECURSIVE_API_CALL);
  CHECK_IS(curl_easy_recv(easy, &running, 1, &(size_t){ 0 }), CURLE_RECURSIVE_API_CALL);
  curl_easy_reset(easy);
  curl_easy_cleanup(easy);
  CHECK_IS(curl_multi_add_handle(multi, dup), CURLM_RECURSIVE_API_CALL);
  CHECK_IS(curl_multi_remove_handle(multi, easy), CURLM_RECURSIVE_API_CALL);
  CHECK_IS(curl_multi_perform(multi, &running), CURLM_RECURSIVE_API_CALL);
  CHECK_IS(curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running), CURLM_RECURSIVE_API_CALL);
  CHECK_IS(curl_multi_poll(multi, NULL, 0, 0, NULL), CURLM_RECURSIVE_API_CALL);
  CHECK_IS(curl_multi_timeout(multi, &(long){ 0 }), CURLM_RECURSIVE_API_CALL);
  CHECK_IS(curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 3L), CURLM_RECURSIVE_API_CALL);
  CHECK_IS(curl_multi_cleanup(multi), CURLM_RECURSIVE_API_CALL);
  CHECK_IS(curl_multi_get_offt(multi, CURLMINFO_XFERS_CURRENT, &value), CURLM_OK);
  CURL **handles = curl_multi_get_handles(multi);
  CHECK(handles);
  for(int i = 0; handles[i]; i++)
    if(handles[i] != easy) {
      CHECK_IS(curl_easy_perform(handles[i]), CURLE_RECURSIVE_API_CALL);
      curl_easy_cleanup(handles[i]); /* refused as well */
    }
  curl_free(handles);
  CHECK(!curl_multi_info_read(multi, &running));
  CHECK_IS(curl_multi_notify_disable(multi, CURLMNOTIFY_EASY_DONE), CURLM_OK);
  curl_easy_cleanup(dup);
  return size * count;
}

/* One turn of a plain event loop. */
static int turn(int limit)
{
  struct pollfd fds[FDS];
  int count = 0, running = 0;
  for(int fd = 0; fd < FDS; fd++)
    if(watched[fd])
      fds[count++] = (struct pollfd){ fd, (short)((watched[fd] & CURL_POLL_IN ? POLLIN : 0) |
                                                  (watched[fd] & CURL_POLL_OUT ? POLLOUT : 0)), 0 };
  int wait = limit;
  if(timer >= 0) {
    double left = (timer_due - seconds()) * 1000 + 1;
    wait = left < 0 ? 0 : left < limit ? (int)left : limit;
  }
  poll(fds, (nfds_t)count, wait);
  for(int i = 0; i < count; i++)
    if(fds[i].revents && watched[fds[i].fd])
      CHECK_IS(curl_multi_socket_action(multi, fds[i].fd, 0, &running), CURLM_OK);
  if(timer >= 0 && seconds() >= timer_due) {
    timer = -2; /* ours has fired */
    CHECK_IS(curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running), CURLM_OK);
  }
  return running;
}

static CURL *make(const char *path)
{
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url(path));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_frame);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, easy);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  return easy;
}

static long response(CURL *easy)
{
  long code = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
  return code;
}

static int watches(void)
{
  int count = 0;
  for(int fd = 0; fd < FDS; fd++)
    count += watched[fd] != 0;
  return count;
}

int main(int argc, char **argv)
{
  enum { N = 5 };
  CURL *easy[N];
  size_t sent;
  int left;
  (void)argc;
  start_server(argv[0]);
  curl_global_init(CURL_GLOBAL_ALL);
  multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, (void *)watched);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, &timer);
  for(int i = 0; i < N; i++) {
    easy[i] = make("/echo");
    CHECK_IS(curl_multi_add_handle(multi, easy[i]), CURLM_OK);
    CHECK_IS(timer, 0);
  }
  double end = seconds() + 5;
  for(int open = 0; open < N && seconds() < end;) {
    turn(50);
    open = 0;
    for(int i = 0; i < N; i++)
      open += response(easy[i]) == 101;
  }
  for(int i = 0; i < 5; i++)
    turn(10);
  for(int i = 0; i < N; i++) {
    CHECK_IS(response(easy[i]), 101);
    CHECK_IS(curl_ws_send(easy[i], "abc", 3, &sent, 0, CURLWS_TEXT), CURLE_OK);
  }
  while(frames < N && seconds() < end)
    turn(50);
  CHECK_IS(frames, N);
  printf("echoed: %d\n", frames);

  /* paused: nothing is watched; resumed: again */
  int before = watches();
  CHECK_IS(curl_easy_pause(easy[0], CURLPAUSE_ALL), CURLE_OK);
  turn(20);
  CHECK_IS(watches(), before - 1);
  CHECK_IS(curl_easy_pause(easy[0], CURLPAUSE_CONT), CURLE_OK);
  turn(20);
  CHECK_IS(watches(), before);

  /* the same through a call that looks at everything */
  CHECK_IS(curl_multi_socket_all(multi, &left), CURLM_OK);
  CHECK_IS(left, N);
  int fds = 0;
  struct curl_waitfd list[64];
  unsigned int count;
  CHECK_IS(curl_multi_waitfds(multi, list, 64, &count), CURLM_OK);
  CHECK(count >= N);
  CHECK_IS(curl_multi_waitfds(multi, list, 1, &count), CURLM_OUT_OF_MEMORY);
  CHECK_IS(curl_multi_waitfds(multi, NULL, 0, &count), CURLM_OK);
  CHECK_IS(curl_multi_waitfds(multi, NULL, 0, NULL), CURLM_BAD_FUNCTION_ARGUMENT);
  fd_set in, out, err;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_ZERO(&err);
  CHECK_IS(curl_multi_fdset(multi, &in, &out, &err, &left), CURLM_OK);
  for(int fd = 0; fd <= left; fd++)
    fds += FD_ISSET(fd, &in) != 0;
  CHECK(fds >= N);

  /* done, removed, cleaned up: all is removed */
  CHECK_IS(curl_ws_send(easy[1], "\x03\xe8", 2, &sent, 0, CURLWS_CLOSE), CURLE_OK);
  CURLMsg *message = NULL;
  while(!message && seconds() < end) {
    turn(50);
    message = curl_multi_info_read(multi, &left);
  }
  CHECK(message && message->easy_handle == easy[1]);
  printf("done: %d\n", message->data.result);
  for(int i = 0; i < N; i++) {
    if(i % 2)
      CHECK_IS(curl_multi_remove_handle(multi, easy[i]), CURLM_OK);
    curl_easy_cleanup(easy[i]);
  }
  turn(10);
  printf("left: %d watched, timer %s\n", watches(), timer == -1 ? "stopped" : "runs");
  CHECK_IS(adds - removes, watches());

  /* a name, for which a descriptor of the library's own is watched */
  char host[256], text[300];
  gethostname(host, sizeof(host));
  snprintf(text, sizeof(text), "ws://%s:1/", host);
  easy[0] = make("/echo");
  curl_easy_setopt(easy[0], CURLOPT_URL, text);
  curl_multi_add_handle(multi, easy[0]);
  message = NULL;
  end = seconds() + 5;
  while(!message && seconds() < end) {
    turn(50);
    message = curl_multi_info_read(multi, &left);
  }
  CHECK(message);
  printf("by name: %d\n", message->data.result);
  curl_multi_remove_handle(multi, easy[0]);
  curl_easy_cleanup(easy[0]);
  turn(10);

  /* a socket callback that fails ends all */
  easy[0] = make("/echo");
  easy[1] = make("/silent");
  curl_multi_add_handle(multi, easy[0]);
  curl_multi_add_handle(multi, easy[1]);
  fail_socket = 1;
  CURLMcode code = CURLM_OK;
  while(code == CURLM_OK && seconds() < end)
    code = curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &left);
  printf("failing socket callback: %d, add: %d\n", code, curl_multi_add_handle(multi, easy[0]));
  fail_socket = 0;
  CHECK_IS(curl_multi_remove_handle(multi, easy[0]), CURLM_OK);
  curl_multi_remove_handle(multi, easy[1]);
  printf("then add: %d\n", curl_multi_add_handle(multi, easy[0]));
  curl_easy_cleanup(easy[0]);
  curl_easy_cleanup(easy[1]);
  curl_multi_cleanup(multi);
  if(strstr(curl_version(), "wscurl")) /* libcurl leaves one of its own after such a failure */
    CHECK_IS(watches(), 0);
  curl_global_cleanup();
  return 0;
}
