/* What the event loop examples do: N connections, on each an echo, a CLOSE, and the end. */
#ifndef LOOPS_H
#define LOOPS_H

#include "common.h"

enum { CONNECTIONS = 500 };

static CURLM *multi;
static int echoed, finished;


static size_t on_frame(char *bytes, size_t size, size_t count, void *easy)
{
  size_t sent;
  const struct curl_ws_frame *meta = curl_ws_meta(easy);
  if(meta->flags & CURLWS_TEXT) {
    CHECK(size * count == 5 && !memcmp(bytes, "hello", 5));
    echoed++;
    CHECK_IS(curl_ws_send(easy, "\x03\xe8", 2, &sent, 0, CURLWS_CLOSE), CURLE_OK);
  }
  return size * count;
}

static size_t on_read(char *bytes, size_t size, size_t count, void *easy)
{
  long done = 0;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&done);
  if(done || size * count < 5)
    return CURL_READFUNC_PAUSE;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, (char *)1);
  CHECK_IS(curl_ws_start_frame(easy, CURLWS_TEXT, 5), CURLE_OK);
  memcpy(bytes, "hello", 5);
  return 5;
}

static void add_connections(void)
{
  for(int i = 0; i < CONNECTIONS; i++) {
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url("/echo"));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_frame);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, easy);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, easy);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    CHECK_IS(curl_multi_add_handle(multi, easy), CURLM_OK);
  }
}

/* Takes those out that are done. */
static void check_messages(void)
{
  CURLMsg *message;
  int left;
  while((message = curl_multi_info_read(multi, &left))) {
    CURL *easy = message->easy_handle;
    CHECK_IS(message->data.result, CURLE_OK);
    CHECK_IS(curl_multi_remove_handle(multi, easy), CURLM_OK);
    curl_easy_cleanup(easy);
    finished++;
  }
}

static void begin(const char *self)
{
  raise_limit();
  start_server(self);
  curl_global_init(CURL_GLOBAL_ALL);
  multi = curl_multi_init();
}

static int end(const char *name)
{
  CHECK_IS(curl_multi_cleanup(multi), CURLM_OK);
  curl_global_cleanup();
  printf("%s: %d echoed, %d finished\n", name, echoed, finished);
  return echoed != CONNECTIONS || finished != CONNECTIONS;
}

#endif
