#include "curl_common.h"
#include <poll.h>
#include <stdio.h>

void curl_check(const char *what, CURLcode code)
{
  if(code)
    fail(what, curl_easy_strerror(code));
}

CURL *curl_handle(const struct job *job)
{
  char url[256];
  CURL *curl = curl_easy_init();
  snprintf(url, sizeof(url), "%s://127.0.0.1:%d%s", job->ca ? "wss" : "ws", job->port, job->path);
  curl_check("URL", curl_easy_setopt(curl, CURLOPT_URL, url));
  curl_check("NOSIGNAL", curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L));
  if(job->ca)
    curl_check("CAINFO", curl_easy_setopt(curl, CURLOPT_CAINFO, job->ca));
#ifdef WSCURL_VERSION_NUM
  if(job->compress)
    curl_check("WS_OPTIONS", curl_easy_setopt(curl, CURLOPT_WS_OPTIONS, (long)CURLWS_COMPRESS));
#endif
  return curl;
}

/* A minute without an event is a failure. */
static void wait_for(curl_socket_t fd, short events)
{
  struct pollfd one = { .fd = fd, .events = events };
  if(poll(&one, 1, 60000) != 1)
    fail("poll", "nothing comes");
}

void send_message(CURL *curl, curl_socket_t fd, const struct job *job, const char *message)
{
  size_t at = 0;
  for(;;) {
    size_t sent = 0;
    CURLcode code = curl_ws_send(curl, message + at, job->size - at, &sent, 0, job->text ? CURLWS_TEXT : CURLWS_BINARY);
    at += sent;
    if(!code && at == job->size)
      return;
    if(code && code != CURLE_AGAIN)
      curl_check("curl_ws_send", code);
    wait_for(fd, POLLOUT);
  }
}

void receive_messages(CURL *curl, curl_socket_t fd, char *buffer, size_t size, long count)
{
  while(count > 0) {
    const struct curl_ws_frame *frame;
    size_t got;
    CURLcode code = curl_ws_recv(curl, buffer, size, &got, &frame);
    if(code == CURLE_AGAIN)
      wait_for(fd, POLLIN);
    else if(code)
      curl_check("curl_ws_recv", code);
    else if(!frame->bytesleft && !(frame->flags & CURLWS_CONT))
      count--;
  }
}
