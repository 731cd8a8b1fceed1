/*
 * Several threads on one handle: usage `threads MODE URL COUNT [CAINFO]`. The server echoes. Prints how many messages went each way, which must
 * be COUNT, and how much was not as it should be. Nothing may hang.
 */
#include <curl/curl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static CURL *curl;
static CURLM *multi;
static long count;
static atomic_long sent, received, asked, strange, finished;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void tell(const char *what, CURLcode code)
{
    fprintf(stderr, "%s: %d %s\n", what, (int)code, curl_easy_strerror(code));
    atomic_fetch_add(&strange, 1);
}

static void wait_for(short events)
{
    struct pollfd fd = { -1, events, 0 };
    if(curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd.fd) || fd.fd == CURL_SOCKET_BAD)
        tell("no socket to wait for", CURLE_OK);
    poll(&fd, 1, 1000);
}

static size_t text_of(long number, char *text, size_t size)
{
    return (size_t)snprintf(text, size, "message %ld of many, some longer: %*s", number, (int)(number % 7 ? 1 : 900), "");
}

static void *send_all(void *unused)
{
    char text[2000];
    (void)unused;
    while(sent < count && !strange) {
        size_t length = text_of(sent, text, sizeof(text)), done = 0, n;
        while(done < length) {
            CURLcode code = curl_ws_send(curl, text + done, length - done, &n, 0, CURLWS_TEXT);
            done += n;
            if(code == CURLE_AGAIN)
                wait_for(POLLOUT);
            else if(code) {
                tell("send", code);
                return NULL;
            }
        }
        sent++;
    }
    return NULL;
}

static void check(const char *text, size_t length)
{
    char expected[2000];
    if(length != text_of(received, expected, sizeof(expected)) || memcmp(text, expected, length))
        tell("wrong message", CURLE_OK);
    received++;
}

static void *receive_all(void *unused)
{
    char text[2000];
    size_t length = 0, n;
    const struct curl_ws_frame *meta;
    (void)unused;
    while(received < count && !strange) {
        CURLcode code = curl_ws_recv(curl, text + length, sizeof(text) - length, &n, &meta);
        if(code == CURLE_AGAIN)
            wait_for(POLLIN);
        else if(code)
            tell("receive", code);
        else {
            length += n;
            if(!meta->bytesleft) {
                check(text, length);
                length = 0;
            }
        }
    }
    finished = 1;
    return NULL;
}

static void *ask_for_socket(void *unused)
{
    (void)unused;
    while(!finished && !strange) {
        curl_socket_t fd = CURL_SOCKET_BAD;
        CURLcode code = curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd);
        if(code || fd == CURL_SOCKET_BAD)
            tell("no active socket", code);
        asked++;
    }
    return NULL;
}

static void connect_only(const char *url)
{
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
    CURLcode code = curl_easy_perform(curl);
    if(code)
        tell("perform", code);
}

static void run(void *(*first)(void *), void *(*second)(void *), void *(*third)(void *))
{
    void *(*all[])(void *) = { first, second, third };
    pthread_t threads[3];
    for(int i = 0; i < 3; i++)
        if(all[i])
            pthread_create(&threads[i], NULL, all[i], NULL);
    for(int i = 0; i < 3; i++)
        if(all[i])
            pthread_join(threads[i], NULL);
}

#ifdef WSCURL_VERSION_NUM

static void *send_messages(void *unused)
{
    char text[2000];
    (void)unused;
    while(sent < count && !strange) {
        CURLcode code = curl_ws_send_message(curl, text, text_of(sent, text, sizeof(text)), CURLWS_TEXT, 10000);
        if(code)
            tell("send_message", code);
        sent++;
    }
    return NULL;
}

static void *receive_messages(void *unused)
{
    const void *data;
    size_t length;
    unsigned int type;
    (void)unused;
    while(received < count && !strange) {
        CURLcode code = curl_ws_recv_message(curl, &data, &length, &type, 10000);
        if(code)
            tell("recv_message", code);
        else
            check(data, length);
    }
    finished = 1;
    return NULL;
}

#define LARGE 1000000

/* Two threads send messages that no socket takes at once. Each must arrive whole. */
static void *send_large(void *unused)
{
    char *message = malloc(LARGE);
    char letter = (char)('a' + atomic_fetch_add(&asked, 1));
    (void)unused;
    memset(message, letter, LARGE);
    for(long i = 0; i < count / 2 && !strange; i++) {
        CURLcode code = curl_ws_send_message(curl, message, LARGE, CURLWS_BINARY, 30000);
        if(code)
            tell("send_message", code);
        sent++;
    }
    free(message);
    return NULL;
}

static void *receive_large(void *unused)
{
    const void *data;
    size_t length;
    unsigned int type;
    (void)unused;
    while(received < count && !strange) {
        CURLcode code = curl_ws_recv_message(curl, &data, &length, &type, 30000);
        if(code)
            tell("recv_message", code);
        else if(length != LARGE || memcmp(data, (const char *)data + 1, LARGE - 1))
            tell("a message is not whole", CURLE_OK);
        received++;
    }
    return NULL;
}

static void *poll_always(void *unused)
{
    int seen;
    (void)unused;
    while(!finished && !strange) {
        CURLcode code = curl_ws_poll(curl, CURL_WAIT_POLLIN | CURL_WAIT_POLLOUT, 1, &seen);
        if(code)
            tell("ws_poll", code);
        asked++;
    }
    return NULL;
}

static void *wake_later(void *unused)
{
    (void)unused;
    poll(NULL, 0, 100);
    CURLcode code = curl_ws_wakeup(curl);
    if(code)
        tell("wakeup", code);
    return NULL;
}

/* Another thread ends waits that would have no end. */
static void wake_waits(void)
{
    pthread_t thread;
    const void *data;
    size_t length;
    unsigned int type;
    int seen = 9;
    pthread_create(&thread, NULL, wake_later, NULL);
    CURLcode code = curl_ws_poll(curl, CURL_WAIT_POLLIN, -1, &seen);
    pthread_join(thread, NULL);
    printf("poll: %d, events %d\n", (int)code, seen);
    pthread_create(&thread, NULL, wake_later, NULL);
    code = curl_ws_recv_message(curl, &data, &length, &type, -1);
    pthread_join(thread, NULL);
    printf("recv_message: %d\n", (int)code);
}

#endif

static size_t on_write(char *bytes, size_t size, size_t n, void *data)
{
    static char text[2000];
    static size_t length;
    const struct curl_ws_frame *meta = curl_ws_meta(curl);
    (void)data;
    if(meta->flags & CURLWS_CLOSE)
        return size * n;
    memcpy(text + length, bytes, size * n);
    length += size * n;
    if(!meta->bytesleft) {
        check(text, length);
        length = 0;
        pthread_mutex_lock(&lock);
        pthread_cond_broadcast(&changed);
        /* what another thread does with the handle meanwhile must come through */
        while(received == 1 && sent < 5 && !strange)
            pthread_cond_wait(&changed, &lock);
        pthread_mutex_unlock(&lock);
    }
    return size * n;
}

/* Waits until the upgrade is done. */
static void wait_for_upgrade(void)
{
    long code = 0;
    while(code != 101 && !strange) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
        poll(NULL, 0, 1);
    }
}

static void *send_beside_callbacks(void *unused)
{
    char text[2000];
    size_t n;
    (void)unused;
    wait_for_upgrade();
    while(sent < count && !strange) {
        size_t length = text_of(sent, text, sizeof(text)), done = 0;
        while(done < length) {
            CURLcode code = curl_ws_send(curl, text + done, length - done, &n, 0, CURLWS_TEXT);
            done += n;
            if(code == CURLE_AGAIN)
                wait_for(POLLOUT);
            else if(code) {
                tell("send", code);
                return NULL;
            }
        }
        pthread_mutex_lock(&lock);
        sent++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
    while(received < count && !strange)
        poll(NULL, 0, 1);
    finished = 1;
    curl_ws_send(curl, "\x03\xe8", 2, &n, 0, CURLWS_CLOSE);
    return NULL;
}

static void *perform(void *unused)
{
    CURLcode code = curl_easy_perform(curl);
    (void)unused;
    if(code)
        tell("perform", code);
    return NULL;
}

static void *drive(void *unused)
{
    int running = 1;
    (void)unused;
    while(running && !strange) {
        CURLMcode code = curl_multi_perform(multi, &running);
        if(!code)
            code = curl_multi_poll(multi, NULL, 0, 1000, NULL);
        if(code)
            tell("multi", (CURLcode)code);
    }
    return NULL;
}

/* Handles come and go while another thread drives. Every second one is freed as a member. */
static void *add_and_remove(void *url)
{
    while(!finished && !strange) {
        CURL *other = curl_easy_init();
        curl_easy_setopt(other, CURLOPT_URL, (char *)url);
        CURLMcode code = curl_multi_add_handle(multi, other);
        if(!code && asked % 2)
            code = curl_multi_remove_handle(multi, other);
        if(code)
            tell("add and remove", (CURLcode)code);
        curl_easy_cleanup(other);
        asked++;
        poll(NULL, 0, 1);
    }
    return NULL;
}

static const char *other_url;

static void *add_and_remove_others(void *unused)
{
    (void)unused;
    return add_and_remove((void *)other_url);
}

/* A child of fork() must not find a lock that nobody gives back. */
static void *fork_and_clean_up(void *unused)
{
    (void)unused;
    while(!finished && !strange) {
        int status = 0;
        pid_t child = fork();
        if(!child) {
            size_t n;
            alarm(10);
            curl_ws_send(curl, "x", 1, &n, 0, CURLWS_TEXT);
            curl_easy_cleanup(curl);
            _exit(0);
        }
        waitpid(child, &status, 0);
        if(status)
            tell("child", (CURLcode)status);
        asked++;
    }
    return NULL;
}

static void wait_ms(int ms)
{
    poll(NULL, 0, ms);
}

static void refused(const char *what, CURLcode code, const char *error)
{
    printf("%s: %d %s\n", what, (int)code, error);
}

/* A second perform while the first one waits, and a cleanup. */
static void perform_twice(void)
{
    char error[CURL_ERROR_SIZE] = "";
    pthread_t thread;
    size_t n;
    pthread_create(&thread, NULL, perform, NULL);
    wait_for_upgrade();
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    CURLcode code = curl_easy_perform(curl);
    refused("second perform", code, error);
    curl_easy_cleanup(curl);
    curl_ws_send(curl, "\x03\xe8", 2, &n, 0, CURLWS_CLOSE);
    pthread_join(thread, NULL);
}

static void *add_later(void *unused)
{
    (void)unused;
    wait_ms(100);
    curl_multi_add_handle(multi, curl);
    return NULL;
}

/* A handle that another thread adds ends the wait. */
static void wake_by_adding(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, add_later, NULL);
    curl_multi_poll(multi, NULL, 0, 60000, NULL);
    pthread_join(thread, NULL);
    printf("woken\n");
    curl_multi_remove_handle(multi, curl);
}

static atomic_int inside, ended;

static size_t wait_inside(char *bytes, size_t size, size_t n, void *data)
{
    (void)bytes;
    (void)data;
    if(!inside) {
        inside = 1;
        wait_ms(100);
        printf("in the callback: ended %d\n", (int)ended);
        inside = 2;
    }
    return size * n;
}

static void *clean_up_inside(void *unused)
{
    (void)unused;
    while(!inside)
        wait_ms(1);
    curl_easy_cleanup(curl);
    ended = 1;
    printf("cleaned up: callback %s\n", inside == 2 ? "over" : "not over");
    return NULL;
}

/* A member is freed while another thread is in its callback: that waits until the callback is over, and then it is no member. */
static void clean_up_in_callback(void)
{
    pthread_t thread;
    CURL **members;
    pthread_create(&thread, NULL, clean_up_inside, NULL);
    drive(NULL);
    pthread_join(thread, NULL);
    curl = NULL;
    members = curl_multi_get_handles(multi);
    printf("members: %s\n", members && !members[0] ? "none" : "some");
    curl_free(members);
}

int main(int argc, char **argv)
{
    if(argc < 4)
        return 2;
    count = atol(argv[3]);
    other_url = argv[2];
    curl_global_init(CURL_GLOBAL_ALL);
    curl = curl_easy_init();
    if(argc > 4)
        curl_easy_setopt(curl, CURLOPT_CAINFO, argv[4]);
    if(!strcmp(argv[1], "frames")) {
        connect_only(argv[2]);
        run(send_all, receive_all, ask_for_socket);
    }
#ifdef WSCURL_VERSION_NUM
    else if(!strcmp(argv[1], "messages")) {
        connect_only(argv[2]);
        run(send_messages, receive_messages, poll_always);
    }
    else if(!strcmp(argv[1], "large")) {
        connect_only(argv[2]);
        run(send_large, send_large, receive_large);
    }
    else if(!strcmp(argv[1], "wakeup")) {
        connect_only(argv[2]);
        wake_waits();
    }
#endif
    else if(!strcmp(argv[1], "fork")) {
        connect_only(argv[2]);
        run(send_all, receive_all, fork_and_clean_up);
    }
    else if(!strcmp(argv[1], "wake")) {
        multi = curl_multi_init();
        wake_by_adding();
    }
    else {
        curl_easy_setopt(curl, CURLOPT_URL, argv[2]);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_write);
        if(!strcmp(argv[1], "cleanup")) {
            curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, wait_inside);
            multi = curl_multi_init();
            curl_multi_add_handle(multi, curl);
            clean_up_in_callback();
        }
        else if(!strcmp(argv[1], "multi")) {
            multi = curl_multi_init();
            curl_multi_add_handle(multi, curl);
            run(drive, send_beside_callbacks, add_and_remove_others);
            curl_multi_remove_handle(multi, curl);
        }
        else if(!strcmp(argv[1], "twice"))
            perform_twice();
        else
            run(perform, send_beside_callbacks, NULL);
    }
    curl_easy_cleanup(curl);
    curl_multi_cleanup(multi);
    curl_global_cleanup();
    printf("sent %ld received %ld strange %ld\n", (long)sent, (long)received, (long)strange);
    return 0;
}
