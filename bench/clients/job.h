/* What a client is to do, and what it measures. Every client of the benchmark is given `name=value` arguments and prints
   one line of JSON. */
#ifndef BENCH_JOB_H
#define BENCH_JOB_H

#include <stddef.h>

struct job {
  const char *work;  /* send, receive, pingpong, hop or connect */
  const char *api;   /* connect-only, callbacks, perform or socket */
  const char *path;  /* what to ask the server for */
  const char *ca;    /* file of the certificate to trust: then it is wss */
  int port;
  int text;          /* messages are text */
  int compress;      /* messages are JSON, compressed */
  size_t size;       /* of a message */
  long warm, count;  /* messages before and while it is measured */
  int connections;   /* of `hop` */
};

/* The job that the arguments name. */
struct job job_parse(int argc, char **argv);

/* Messages of the job's size and kind, to be freed: one, or many that differ where they are compressed, since a compressor
   that remembers would make nothing of the same again. */
char *job_messages(const struct job *job);

/* One of them after the other. */
const char *job_next(const struct job *job, const char *messages);

/* From here to `measure_end` time, CPU and heap count. */
void measure_begin(void);

/* Ends what is measured. To be called once. */
void measure_end(void);

/* Heap and resident memory at this moment, to be compared by `report`. */
void memory_mark(void);

/* Prints the result. The memory since `memory_mark` is shared among so many connections. */
void report(long messages, size_t bytes, int connections);

/* Ends the program with a text that says why. */
void fail(const char *what, const char *why);

#endif
