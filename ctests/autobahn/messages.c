/* CONNECT_ONLY mode, whole messages: curl_ws_recv_message and curl_ws_send_message. */
#include "client.h"

#define PATIENCE_MS 300000L

static void run(CURL *curl, struct text *last)
{
  const void *data;
  size_t length;
  unsigned int type;

  curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
  if(curl_easy_perform(curl))
    return;
  while(!curl_ws_recv_message(curl, &data, &length, &type, PATIENCE_MS)) {
    if(type == CURLWS_CLOSE)
      continue;
    if(last)
      text_append(last, data, length);
    else if(curl_ws_send_message(curl, data, length, type, PATIENCE_MS))
      return;
  }
}

int main(void)
{
  return run_cases("messages", run);
}
