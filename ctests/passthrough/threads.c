/* Threads that make, use and free handles for http and ws at the same time, and children that do so as well.
   Usage: threads HTTP-URL WS-URL */
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 6, ROUNDS = 30, CHILDREN = 8 };

static const char *urls[2];

static size_t ignore(char *data, size_t size, size_t items, void *user)
{
    (void)data;
    (void)user;
    return size * items;
}

static int fetch(CURL *curl, const char *url)
{
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    return curl_easy_perform(curl) != CURLE_OK;
}

static int fetch_both(void)
{
    CURL *curl = curl_easy_init();
    int failed = fetch(curl, urls[0]) + fetch(curl, urls[1]);
    curl_easy_cleanup(curl);
    return failed;
}

static void *run(void *failed)
{
    int i;
    for(i = 0; i < ROUNDS; i++)
        *(int *)failed += fetch_both();
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    int failed[THREADS] = {0}, sum = 0, children = 0, i, status;
    if(argc < 3)
        return 2;
    urls[0] = argv[1];
    urls[1] = argv[2];
    curl_global_init(CURL_GLOBAL_ALL);
    for(i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, run, &failed[i]);
    for(i = 0; i < CHILDREN; i++) {
        pid_t child = fork();
        if(child == 0) {
            alarm(30);
            _exit(fetch_both());
        }
        waitpid(child, &status, 0);
        children += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    for(i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum += failed[i];
    }
    printf("%d failed, %d children succeeded\n", sum, children);
    curl_global_cleanup();
    return 0;
}
