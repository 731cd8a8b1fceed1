/* Callback mode through the multi interface: chunks to the write callback, which sends the echo from inside. */
#include "client.h"
#include <stdlib.h>

struct echo {
  CURL *curl;
  struct text message;
  struct text *last;
};

static size_t write_chunk(char *bytes, size_t size, size_t count, void *data)
{
  struct echo *echo = data;
  const struct curl_ws_frame *frame = curl_ws_meta(echo->curl);
  int kind = frame->flags & (CURLWS_TEXT | CURLWS_BINARY);
  size_t sent;
  (void)size;
  if(!kind)
    return count;
  text_append(echo->last ? echo->last : &echo->message, bytes, count);
  if(frame->bytesleft || (frame->flags & CURLWS_CONT) || echo->last)
    return count;
  /* an echo that can't be sent shows in the transfer's end */
  curl_ws_send(echo->curl, echo->message.bytes, echo->message.length, &sent, 0, (unsigned int)kind);
  echo->message.length = 0;
  return count;
}

static void perform(CURLM *multi)
{
  int running = 1;
  while(!curl_multi_perform(multi, &running) && running)
    curl_multi_poll(multi, NULL, 0, 1000, NULL);
}

static void run(CURL *curl, struct text *last)
{
  struct echo echo = { curl, { NULL, 0, 0 }, last };
  CURLM *multi = curl_multi_init();
  text_append(&echo.message, "", 0);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, write_chunk);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &echo);
  if(!curl_multi_add_handle(multi, curl)) {
    perform(multi);
    curl_multi_remove_handle(multi, curl);
  }
  curl_multi_cleanup(multi);
  free(echo.message.bytes);
}

int main(void)
{
  return run_cases("callback", run);
}
