/* The client of both libcurls: one source, compiled twice. */
#include "curl_callbacks.h"
#include "curl_common.h"
#include "curl_connect_only.h"
#include "curl_hop.h"
#include <string.h>

static void connect_and_close(const struct job *job, long count)
{
  for(long i = 0; i < count; i++) {
    CURL *curl = curl_handle(job);
    curl_check("CONNECT_ONLY", curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L));
    curl_check("perform", curl_easy_perform(curl));
    curl_easy_cleanup(curl);
  }
}

/* A handle for each connection: connect, upgrade, close. */
static void run_connect(const struct job *job)
{
  connect_and_close(job, job->warm);
  measure_begin();
  connect_and_close(job, job->count);
  measure_end();
  report(job->count, 0, 1);
}

int main(int argc, char **argv)
{
  struct job job = job_parse(argc, argv);
  curl_check("global_init", curl_global_init(CURL_GLOBAL_ALL));
  memory_mark();
  if(!strcmp(job.work, "hop"))
    run_hop(&job);
  else if(!strcmp(job.work, "connect"))
    run_connect(&job);
  else if(!strcmp(job.api, "callbacks"))
    run_callbacks(&job);
  else
    run_connect_only(&job);
  return 0;
}
