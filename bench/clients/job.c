#define _GNU_SOURCE
#include "job.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* So many messages differ from each other. */
enum { VARIETY = 64 };

struct moment {
  double wall, cpu;
};

static struct moment begun, ended;
static size_t heap_mark, resident_mark;

void fail(const char *what, const char *why)
{
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

/* Arguments become environment variables: looked up by name, in any order. */
static const char *argument(const char *name, const char *otherwise)
{
  const char *value = getenv(name);
  return value ? value : otherwise;
}

struct job job_parse(int argc, char **argv)
{
  for(int i = 1; i < argc; i++)
    if(!strchr(argv[i], '=') || putenv(argv[i]))
      fail("not a name and a value", argv[i]);
  return (struct job){
    .work = argument("work", "pingpong"),
    .api = argument("api", "connect-only"),
    .path = argument("path", "/echo/0"),
    .ca = argument("ca", NULL),
    .port = atoi(argument("port", "0")),
    .text = atoi(argument("text", "0")),
    .compress = atoi(argument("compress", "0")),
    .size = (size_t)atol(argument("size", "16")),
    .warm = atol(argument("warm", "1")),
    .count = atol(argument("count", "1")),
    .connections = atoi(argument("connections", "1")),
  };
}

/* JSON as it is sent, cut to size: numbers that differ, names that repeat. */
static void fill_json(char *message, size_t size)
{
  char entry[160];
  size_t at = 0;
  unsigned number = 1;
  while(at < size) {
    number = number * 1103515245 + 12345;
    int length = snprintf(entry, sizeof(entry),
                          "{\"id\":%u,\"symbol\":\"AB%02u\",\"price\":%u.%02u,\"bid\":%u,\"ask\":%u,\"open\":true},",
                          number >> 8, number >> 16 & 31, number >> 12 & 1023, number >> 20 & 63, number >> 9 & 4095,
                          number >> 7 & 4095);
    size_t part = size - at < (size_t)length ? size - at : (size_t)length;
    memcpy(message + at, entry, part);
    at += part;
  }
}

char *job_messages(const struct job *job)
{
  char *messages = malloc(job->compress ? VARIETY * job->size : job->size + 1);
  if(!messages)
    fail("malloc", "no memory");
  if(job->compress)
    fill_json(messages, VARIETY * job->size);
  else
    for(size_t i = 0; i < job->size; i++)
      messages[i] = (char)(' ' + i % 95);
  return messages;
}

const char *job_next(const struct job *job, const char *messages)
{
  static size_t number;
  return job->compress ? messages + number++ % VARIETY * job->size : messages;
}

static double seconds(struct timespec time)
{
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct moment now(void)
{
  struct timespec wall, cpu;
  clock_gettime(CLOCK_MONOTONIC, &wall);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  return (struct moment){ .wall = seconds(wall), .cpu = seconds(cpu) };
}

void measure_begin(void)
{
  begun = now();
}

void measure_end(void)
{
  ended = now();
}

static size_t heap(void)
{
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/* A field of /proc/self/status, in bytes. (ru_maxrss would count what was there before the program was.) */
static size_t status(const char *field)
{
  char line[256];
  size_t found = 0, length = strlen(field);
  FILE *file = fopen("/proc/self/status", "r");
  while(file && fgets(line, sizeof(line), file))
    if(!strncmp(line, field, length) && line[length] == ':')
      found = (size_t)atol(line + length + 1) * 1024;
  if(file)
    fclose(file);
  return found;
}

void memory_mark(void)
{
  resident_mark = status("VmRSS");
  heap_mark = heap();
}

void report(long messages, size_t bytes, int connections)
{
  double heap_each = ((double)heap() - (double)heap_mark) / connections;
  double resident_each = ((double)status("VmRSS") - (double)resident_mark) / connections;
  printf("{\"messages\":%ld,\"bytes\":%zu,\"wall\":%.9f,\"cpu\":%.9f,"
         "\"heap\":%.0f,\"resident\":%.0f,\"peak\":%zu}\n",
         messages, bytes, ended.wall - begun.wall, ended.cpu - begun.cpu, heap_each, resident_each, status("VmHWM"));
}
