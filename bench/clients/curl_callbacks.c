/* Callback mode under curl_multi_poll and curl_multi_perform: messages come to the write callback, and leave with
   curl_ws_send from inside it (ping-pong) or through the read callback (send). */
#include "curl_callbacks.h"
#include "curl_common.h"
#include <stdlib.h>
#include <string.h>

struct transfer {
  const struct job *job;
  CURL *curl;
  char *messages;
  const char *message; /* that is being sent */
  size_t at;          /* so much of the message has been sent */
  size_t whole;       /* bytes of a message that comes */
  size_t got;         /* so many of them have come */
  long to_send;       /* messages that are still to be sent */
  long to_receive;    /* messages that are still to come */
  int blocked;        /* a message is half sent */
  int paused;         /* the read callback had nothing to send */
};

static unsigned kind(const struct job *job)
{
  return job->text ? CURLWS_TEXT : CURLWS_BINARY;
}

/* Sends a message, or more of it; what has to wait for the socket goes on in `turn`. */
static void send_more(struct transfer *transfer)
{
  const struct job *job = transfer->job;
  if(!transfer->at)
    transfer->message = job_next(job, transfer->messages);
  while(transfer->at < job->size) {
    size_t sent = 0;
    CURLcode code =
      curl_ws_send(transfer->curl, transfer->message + transfer->at, job->size - transfer->at, &sent, 0, kind(job));
    transfer->at += sent;
    transfer->blocked = code == CURLE_AGAIN || (!code && transfer->at < job->size);
    if(transfer->blocked)
      return;
    curl_check("curl_ws_send", code);
  }
  transfer->at = 0;
}

/* A call may bring a part of a message, or more than one. */
static size_t on_data(char *bytes, size_t size, size_t count, void *data)
{
  struct transfer *transfer = data;
  size_t whole = transfer->whole;
  (void)bytes;
  transfer->got += size * count;
  while(transfer->got >= whole) {
    transfer->got -= whole;
    transfer->to_receive--;
    if(transfer->to_send && transfer->job->work[0] == 'p') {
      transfer->to_send--;
      send_more(transfer);
    }
  }
  return size * count;
}

static size_t on_upload(char *buffer, size_t size, size_t count, void *data)
{
  struct transfer *transfer = data;
  const struct job *job = transfer->job;
  size_t part = size * count;
  if(!transfer->to_send) {
    transfer->paused = 1;
    return CURL_READFUNC_PAUSE;
  }
  if(!transfer->at)
    curl_check("curl_ws_start_frame", curl_ws_start_frame(transfer->curl, kind(job), (curl_off_t)job->size));
  if(part > job->size - transfer->at)
    part = job->size - transfer->at;
  memcpy(buffer, transfer->messages + transfer->at, part);
  transfer->at += part;
  if(transfer->at == job->size) {
    transfer->at = 0;
    transfer->to_send--;
  }
  return part;
}

/* A WebSocket that ends is a failure. */
static void perform(CURLM *multi)
{
  int running, left;
  if(curl_multi_perform(multi, &running))
    fail("curl_multi_perform", "failed");
  if(!running) {
    CURLMsg *message = curl_multi_info_read(multi, &left);
    curl_check("transfer", message ? message->data.result : CURLE_GOT_NOTHING);
    fail("transfer", "ended");
  }
}

static void turn(CURLM *multi, struct transfer *transfer)
{
  struct curl_waitfd writable = { .fd = CURL_SOCKET_BAD, .events = CURL_WAIT_POLLOUT };
  if(transfer->blocked) {
    curl_easy_getinfo(transfer->curl, CURLINFO_ACTIVESOCKET, &writable.fd);
    send_more(transfer);
  }
  perform(multi);
  if(transfer->to_receive > 0 && curl_multi_poll(multi, &writable, transfer->blocked ? 1 : 0, 60000, NULL))
    fail("curl_multi_poll", "failed");
}

static void phase(CURLM *multi, struct transfer *transfer, long count)
{
  switch(transfer->job->work[0]) {
  case 's':
    transfer->to_send = count;
    transfer->to_receive = 1;
    if(transfer->paused) {
      transfer->paused = 0;
      curl_check("curl_easy_pause", curl_easy_pause(transfer->curl, CURLPAUSE_CONT));
    }
    break;
  case 'p':
    transfer->to_send = count - 1;
    transfer->to_receive = count;
    send_more(transfer);
    break;
  default:
    transfer->to_receive = count;
  }
  while(transfer->to_receive > 0)
    turn(multi, transfer);
}

static void wait_until_open(CURLM *multi, CURL *curl)
{
  long status = 0;
  while(status != 101) {
    perform(multi);
    curl_multi_poll(multi, NULL, 0, 1, NULL);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  }
}

void run_callbacks(const struct job *job)
{
  struct transfer transfer = { .job = job, .curl = curl_handle(job), .messages = job_messages(job) };
  CURL *curl = transfer.curl;
  CURLM *multi = curl_multi_init();
  size_t sent;
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  transfer.whole = strcmp(job->work, "send") ? job->size : 1;
  if(!strcmp(job->work, "send")) {
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_upload);
    curl_easy_setopt(curl, CURLOPT_READDATA, &transfer);
  }
  /* A source may be done with the first messages before the handle is known to be open. */
  transfer.to_receive = !strcmp(job->work, "receive") ? job->warm : 0;
  curl_multi_add_handle(multi, curl);
  if(strcmp(job->work, "receive")) {
    wait_until_open(multi, curl);
    phase(multi, &transfer, job->warm);
  }
  while(transfer.to_receive > 0)
    turn(multi, &transfer);
  measure_begin();
  if(!strcmp(job->work, "receive"))
    curl_check("go", curl_ws_send(curl, "!", 1, &sent, 0, CURLWS_BINARY));
  phase(multi, &transfer, job->count);
  measure_end();
  report(job->count, job->size * (size_t)job->count, 1);
  curl_multi_remove_handle(multi, curl);
  curl_easy_cleanup(curl);
  curl_multi_cleanup(multi);
  free(transfer.messages);
}
