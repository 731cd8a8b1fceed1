/* What the multi tests have in common: checks, and the echo server as a child. */
#ifndef COMMON_H
#define COMMON_H

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition)                                                       \
  do {                                                                         \
    if(!(condition)) {                                                         \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);  \
      exit(1);                                                                 \
    }                                                                          \
  } while(0)

#define CHECK_IS(value, expected)                                              \
  do {                                                                         \
    long value_ = (long)(value), expected_ = (long)(expected);                 \
    if(value_ != expected_) {                                                  \
      fprintf(stderr, "%s:%d: %s is %ld, not %ld\n", __FILE__, __LINE__,       \
              #value, value_, expected_);                                      \
      exit(1);                                                                 \
    }                                                                          \
  } while(0)

static int server_port;

/* Starts the program next to this one that echoes; it ends when we do. */
static inline void start_server(const char *self)
{
  char path[4096];
  int in[2], out[2];
  FILE *answer;
  const char *slash = strrchr(self, '/');
  snprintf(path, sizeof(path), "%.*secho", slash ? (int)(slash - self + 1) : 0, self);
  CHECK(!pipe(in) && !pipe(out));
  pid_t child = fork();
  if(!child) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    for(int fd = 3; fd < 64; fd++)
      close(fd);
    execl(path, path, (char *)NULL);
    perror(path);
    _exit(1);
  }
  close(in[0]);
  close(out[1]);
  answer = fdopen(out[0], "r");
  CHECK(fscanf(answer, "%d", &server_port) == 1);
  fclose(answer);
}

static inline void raise_limit(void)
{
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static inline const char *url(const char *path)
{
  static char text[8][128];
  static int next;
  char *place = text[next++ & 7];
  snprintf(place, sizeof(text[0]), "ws://127.0.0.1:%d%s", server_port, path);
  return place;
}

static inline double seconds(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
