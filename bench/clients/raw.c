/* Raw sockets: the same bytes through the same sockets with the same send, poll and receive loop, and no
   work on them. Frames are made, masked and all, before anything is measured; what comes is counted, not looked at. */
#include "job.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LEAST_BUFFER = 65536 };

static void wait_for(int fd, short events)
{
  struct pollfd one = { .fd = fd, .events = events };
  if(poll(&one, 1, 60000) != 1)
    fail("poll", "nothing comes");
}

static void send_all(int fd, const char *bytes, size_t size)
{
  while(size) {
    ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
    if(sent > 0) {
      bytes += sent;
      size -= (size_t)sent;
    }
    else if(errno != EAGAIN)
      fail("send", strerror(errno));
    if(size)
      wait_for(fd, POLLOUT);
  }
}

static void receive_all(int fd, char *buffer, size_t size, size_t total)
{
  while(total) {
    ssize_t got = recv(fd, buffer, size, 0);
    if(got > 0)
      total -= (size_t)got;
    else if(got == 0 || errno != EAGAIN)
      fail("recv", got ? strerror(errno) : "closed");
    else
      wait_for(fd, POLLIN);
  }
}

static size_t header_size(size_t size)
{
  return size < 126 ? 2 : size < 65536 ? 4 : 10;
}

/* A masked frame as a client sends it. */
static char *make_frame(const struct job *job, size_t *size)
{
  size_t header = header_size(job->size);
  unsigned char *frame = malloc(header + 4 + job->size), *at = frame;
  const char *mask = "\x37\xfa\x21\x3d";
  char *message = job_messages(job);
  *at++ = job->text ? 0x81 : 0x82;
  *at++ = (unsigned char)(0x80 | (header == 2 ? job->size : header == 4 ? 126 : 127));
  for(int shift = header == 2 ? -1 : header == 4 ? 8 : 56; shift >= 0; shift -= 8)
    *at++ = (unsigned char)(job->size >> shift);
  memcpy(at, mask, 4);
  for(size_t i = 0; i < job->size; i++)
    at[4 + i] = (unsigned char)(message[i] ^ mask[i % 4]);
  free(message);
  *size = header + 4 + job->size;
  return (char *)frame;
}

/* Connects and upgrades. Takes no byte beyond the response's head. */
static int open_websocket(const struct job *job)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((unsigned short)job->port) };
  char request[512], response[1024];
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1, error = 0;
  socklen_t length = sizeof(error);
  size_t got = 0, head = 0;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  if(connect(fd, (struct sockaddr *)&address, sizeof(address)) && errno != EINPROGRESS)
    fail("connect", strerror(errno));
  wait_for(fd, POLLOUT);
  if(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) || error)
    fail("connect", strerror(error));
  int size = snprintf(request, sizeof(request),
                      "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                      job->path, job->port);
  send_all(fd, request, (size_t)size);
  while(!head) {
    wait_for(fd, POLLIN);
    ssize_t came = recv(fd, response + got, sizeof(response) - 1 - got, MSG_PEEK);
    if(came <= 0)
      fail("response", "none");
    response[got + (size_t)came] = 0;
    char *end = strstr(response, "\r\n\r\n");
    size_t take = end ? (size_t)(end + 4 - response) - got : (size_t)came;
    if(recv(fd, response + got, take, 0) != (ssize_t)take)
      fail("response", strerror(errno));
    got += take;
    head = end ? got : 0;
  }
  if(strncmp(response, "HTTP/1.1 101", 12))
    fail("response", response);
  return fd;
}

struct frames {
  char *message, *buffer;
  size_t size, buffer_size, reply;
};

static void phase(int fd, const struct job *job, const struct frames *frames, long count)
{
  switch(job->work[0]) {
  case 'p':
    for(long i = 0; i < count; i++) {
      send_all(fd, frames->message, frames->size);
      receive_all(fd, frames->buffer, frames->buffer_size, frames->reply);
    }
    break;
  case 's':
    for(long i = 0; i < count; i++)
      send_all(fd, frames->message, frames->size);
    receive_all(fd, frames->buffer, frames->buffer_size, 3);
    break;
  default:
    receive_all(fd, frames->buffer, frames->buffer_size, frames->reply * (size_t)count);
  }
}

static struct frames make_frames(const struct job *job)
{
  struct frames frames = { .reply = header_size(job->size) + job->size };
  frames.message = make_frame(job, &frames.size);
  frames.buffer_size = frames.reply > LEAST_BUFFER ? frames.reply : LEAST_BUFFER;
  frames.buffer = malloc(frames.buffer_size);
  return frames;
}

static void run_stream(const struct job *job)
{
  struct frames frames = make_frames(job);
  int fd = open_websocket(job);
  phase(fd, job, &frames, job->warm);
  measure_begin();
  if(job->work[0] == 'r')
    send_all(fd, "\x82\x81\0\0\0\0!", 7);
  phase(fd, job, &frames, job->count);
  measure_end();
  report(job->count, job->size * (size_t)job->count, 1);
  close(fd);
}

/* One echo after the other, each on another connection. */
static void run_hop(const struct job *job)
{
  struct frames frames = make_frames(job);
  int *fds = calloc((size_t)job->connections, sizeof(*fds));
  struct job one = *job;
  one.work = "pingpong";
  fds[0] = open_websocket(job);
  phase(fds[0], &one, &frames, 1);
  memory_mark();
  for(int i = 1; i < job->connections; i++) {
    fds[i] = open_websocket(job);
    phase(fds[i], &one, &frames, 1);
  }
  for(long i = 0; i < job->warm; i++)
    phase(fds[i * 7919 % job->connections], &one, &frames, 1);
  measure_begin();
  for(long i = 0; i < job->count; i++)
    phase(fds[i * 7919 % job->connections], &one, &frames, 1);
  measure_end();
  report(job->count, job->size * (size_t)job->count, job->connections > 1 ? job->connections - 1 : 1);
}

static void run_connect(const struct job *job)
{
  for(long i = 0; i < job->warm; i++)
    close(open_websocket(job));
  measure_begin();
  for(long i = 0; i < job->count; i++)
    close(open_websocket(job));
  measure_end();
  report(job->count, 0, 1);
}

int main(int argc, char **argv)
{
  struct job job = job_parse(argc, argv);
  memory_mark();
  switch(job.work[0]) {
  case 'h':
    run_hop(&job);
    break;
  case 'c':
    run_connect(&job);
    break;
  default:
    run_stream(&job);
  }
  return 0;
}
