/* CONNECT_ONLY mode as programs written for libcurl use it: curl_ws_recv in chunks, curl_ws_send until all is sent. */
#include "client.h"
#include <stdlib.h>

#define PATIENCE_MS 300000L

/* Waits for `event`; 0 if it is the case. */
static int wait_for(CURL *curl, int event)
{
  int seen = 0;
  return curl_ws_poll(curl, event, PATIENCE_MS, &seen) || seen != event;
}

static CURLcode send_all(CURL *curl, const struct text *message, unsigned int type)
{
  size_t done = 0;
  CURLcode code;
  do {
    size_t sent = 0;
    code = curl_ws_send(curl, message->bytes + done, message->length - done, &sent, 0, type);
    done += sent;
    if(code == CURLE_AGAIN)
      code = wait_for(curl, CURL_WAIT_POLLOUT) ? CURLE_OPERATION_TIMEDOUT : CURLE_OK;
    else if(!code && done == message->length)
      break;
  } while(!code);
  return code;
}

/* Receives what there is; `CURLE_AGAIN` when that was all. */
static CURLcode receive(CURL *curl, struct text *message, struct text *last)
{
  static char buffer[30000];
  const struct curl_ws_frame *frame;
  size_t length;
  CURLcode code;
  while(!(code = curl_ws_recv(curl, buffer, sizeof(buffer), &length, &frame))) {
    int kind = frame->flags & (CURLWS_TEXT | CURLWS_BINARY);
    int ends = !frame->bytesleft && !(frame->flags & CURLWS_CONT);
    if((frame->flags & CURLWS_CLOSE) && !is_strict()) {
      size_t sent;
      code = curl_ws_send(curl, buffer, length, &sent, 0, CURLWS_CLOSE);
      if(code)
        break;
    }
    if(!kind)
      continue;
    text_append(last ? last : message, buffer, length);
    if(!ends || last)
      continue;
    code = send_all(curl, message, (unsigned int)kind);
    message->length = 0;
    if(code)
      break;
  }
  return code;
}

static void run(CURL *curl, struct text *last)
{
  struct text message = { NULL, 0, 0 };
  text_append(&message, "", 0);
  curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
  if(!curl_easy_perform(curl))
    while(receive(curl, &message, last) == CURLE_AGAIN && !wait_for(curl, CURL_WAIT_POLLIN))
      ;
  free(message.bytes);
}

int main(void)
{
  return run_cases("frames", run);
}
