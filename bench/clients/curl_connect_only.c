/* CURLOPT_CONNECT_ONLY 2: curl_ws_send, curl_ws_recv and poll. */
#include "curl_connect_only.h"
#include "curl_common.h"
#include <stdlib.h>
#include <string.h>

static void phase(CURL *curl, curl_socket_t fd, const struct job *job, char *messages, char *buffer, long count)
{
  if(!strcmp(job->work, "pingpong"))
    for(long i = 0; i < count; i++) {
      send_message(curl, fd, job, job_next(job, messages));
      receive_messages(curl, fd, buffer, job->size, 1);
    }
  else if(!strcmp(job->work, "send")) {
    for(long i = 0; i < count; i++)
      send_message(curl, fd, job, job_next(job, messages));
    receive_messages(curl, fd, buffer, job->size, 1);
  }
  else
    receive_messages(curl, fd, buffer, job->size, count);
}

void run_connect_only(const struct job *job)
{
  CURL *curl = curl_handle(job);
  curl_socket_t fd;
  size_t sent;
  char *messages = job_messages(job), *buffer = malloc(job->size);
  curl_check("CONNECT_ONLY", curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L));
  curl_check("perform", curl_easy_perform(curl));
  curl_check("ACTIVESOCKET", curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd));
  phase(curl, fd, job, messages, buffer, job->warm);
  measure_begin();
  if(!strcmp(job->work, "receive"))
    curl_check("go", curl_ws_send(curl, "!", 1, &sent, 0, CURLWS_BINARY));
  phase(curl, fd, job, messages, buffer, job->count);
  measure_end();
  report(job->count, job->size * (size_t)job->count, 1);
  curl_easy_cleanup(curl);
  free(messages);
  free(buffer);
}
