/*
 * Long runs: memory, descriptors and threads must be what they were after the first part.
 *
 *   soak messages COUNT WS-URL WSS-URL CAINFO    an echo server: COUNT messages of mixed sizes over ws and wss, plain and compressed, by
 *                                                frames, by whole messages and in callbacks; each must come back as it was
 *   soak connects COUNT WS-URL WSS-URL CAINFO    COUNT times: connect, one message each way, close
 *   soak random COUNT WS-URL WSS-URL CAINFO      COUNT connections, forty at once, to servers that do anything; the
 *                                                number of the connection is added to the URL
 *
 * Prints rows of a table for docs/soak.md. What is not as it should be ends the program with status 1.
 */
#include <curl/curl.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LARGEST = 200000, IN_FLIGHT = 60000, AT_ONCE = 40, SAMPLES = 200 };
/* The growth that is no leak: pools and caches that fill up, and what malloc() keeps between large messages; more where many connections
   are open, whose buffers and zlib states are in use at one moment and not at another. */
enum { MARGIN_KB = 3000, MARGIN_OF_MANY_KB = 10000 };

static const char *ca_file;

static void fail(const char *what, CURLcode code, const char *error)
{
    printf("FAILED: %s: %d %s\n", what, (int)code, *error ? error : curl_easy_strerror(code));
    exit(1);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- what must not grow */

struct usage {
    long rss_kb;
    int descriptors, threads;
};

static int entries(const char *path)
{
    int count = 0;
    DIR *folder = opendir(path);
    while(folder && readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static struct usage usage(void)
{
    struct usage now = { 0, entries("/proc/self/fd"), entries("/proc/self/task") - 2 };
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if(!file || fscanf(file, "%*d %ld", &pages) != 1)
        exit(2);
    fclose(file);
    now.rss_kb = pages * (sysconf(_SC_PAGESIZE) / 1024);
    return now;
}

static struct usage first, most;
static double began;
static long long bytes;

/* The first part of what is measured is over: from here on nothing grows. */
static void warmed_up(void)
{
    first = most = usage();
}

static void sample(void)
{
    struct usage now = usage();
    most.rss_kb = now.rss_kb > most.rss_kb ? now.rss_kb : most.rss_kb;
    most.descriptors = now.descriptors > most.descriptors ? now.descriptors : most.descriptors;
    most.threads = now.threads > most.threads ? now.threads : most.threads;
}

static void report(const char *what, long count, long margin_kb)
{
    struct usage last = usage();
    sample();
    printf("| %s | %ld | %.1f | %.1f | %ld | %ld | %ld | %d → %d | %d → %d |\n", what, count, (double)bytes / 1e6, seconds() - began,
        first.rss_kb, most.rss_kb, last.rss_kb, first.descriptors, last.descriptors, first.threads, last.threads);
    fflush(stdout);
    if(most.rss_kb > first.rss_kb + margin_kb || last.descriptors > first.descriptors || last.threads > first.threads)
        fail("memory, descriptors or threads have grown", CURLE_OK, what);
    bytes = 0;
}

/* --- messages: pieces of one block, so that each can be made again when it comes back */

static char block[LARGEST + 4096];
static unsigned long long state;

static unsigned random_number(void)
{
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(state >> 33);
}

struct message {
    const char *bytes;
    size_t size;
    unsigned int type;
};

/* Nine of ten are short; one of a thousand is longer than the receive buffer. */
static struct message draw(void)
{
    unsigned kind = random_number() % 1000, n = random_number();
    size_t size = kind < 900 ? n % 126 : kind < 990 ? n % 2000 : kind < 999 ? n % 20000 : n % LARGEST;
    struct message drawn = { block + random_number() % 4096, size, n & 1 ? CURLWS_TEXT : CURLWS_BINARY };
    return drawn;
}

static void make_block(void)
{
    /* JSON, more or less, so that there is something to compress */
    size_t length = 0;
    while(length < sizeof(block) - 64)
        length += (size_t)snprintf(block + length, 64, "{\"id\":%u,\"price\":%u.%02u,\"side\":\"%s\"},", random_number() % 100000,
            random_number() % 1000, random_number() % 100, random_number() % 2 ? "buy" : "sell");
    memset(block + length, ' ', sizeof(block) - length);
}

/* Two generators of the same numbers: one for what is sent, one for what must come. */
static unsigned long long sending, receiving;
static long count, sent, received;
static struct message expected;
static size_t arrived;

static struct message next_of(unsigned long long *generator)
{
    struct message drawn;
    state = *generator;
    drawn = draw();
    *generator = state;
    return drawn;
}

static void take(const char *piece, size_t size, unsigned int type, int ends)
{
    if(!arrived)
        expected = next_of(&receiving);
    if(received == sent || arrived + size > expected.size || memcmp(expected.bytes + arrived, piece, size) || !(type & expected.type))
        fail("a message is not what was sent", CURLE_OK, "wrong, doubled or lost bytes");
    arrived += size;
    if(!ends) {
        /* an empty piece of a message that has not begun */
        if(!arrived)
            fail("an empty piece", CURLE_OK, "not the end of a frame");
        return;
    }
    if(arrived != expected.size)
        fail("a message is not what was sent", CURLE_OK, "short");
    bytes += 2 * (long long)arrived;
    arrived = 0;
    received++;
    if(received == count / 10)
        warmed_up();
    else if(received % (count / SAMPLES + 1) == 0)
        sample();
}

static CURL *curl;
static char error[CURL_ERROR_SIZE];

static void wait_for(short events)
{
    struct pollfd fd = { -1, events, 0 };
    curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd.fd);
    if(poll(&fd, 1, 20000) <= 0)
        fail("nothing happens", CURLE_OPERATION_TIMEDOUT, "");
}

static void send_frame(struct message message)
{
    size_t done = 0, n;
    CURLcode code;
    do {
        code = curl_ws_send(curl, message.bytes + done, message.size - done, &n, 0, message.type);
        done += n;
        if(code == CURLE_AGAIN)
            wait_for(POLLOUT);
        else if(code)
            fail("send", code, error);
    } while(code || done < message.size);
}

static void receive_frame(void)
{
    static char piece[30000];
    const struct curl_ws_frame *meta;
    size_t n;
    long before = received;
    while(received == before) {
        CURLcode code = curl_ws_recv(curl, piece, sizeof(piece), &n, &meta);
        if(code == CURLE_AGAIN)
            wait_for(POLLIN);
        else if(code)
            fail("receive", code, error);
        else
            take(piece, n, (unsigned int)meta->flags, !meta->bytesleft && !(meta->flags & CURLWS_CONT));
    }
}

static void send_message(struct message message)
{
    CURLcode code = curl_ws_send_message(curl, message.bytes, message.size, message.type, 20000);
    if(code)
        fail("send", code, error);
}

static void receive_message(void)
{
    const void *data;
    size_t size;
    unsigned int type;
    CURLcode code = curl_ws_recv_message(curl, &data, &size, &type, 20000);
    if(code)
        fail("receive", code, error);
    take(data, size, type, 1);
}

/* Some messages, no more than sockets can hold. */
static void send_some(void (*send)(struct message))
{
    size_t in_flight = 0;
    while(sent < count && in_flight < IN_FLIGHT) {
        struct message message = next_of(&sending);
        in_flight += message.size + 100;
        sent++;
        send(message);
    }
}

static int on_open(CURL *of, void *data)
{
    (void)of;
    (void)data;
    send_some(send_frame);
    return 0;
}

static size_t on_write(char *piece, size_t size, size_t n, void *data)
{
    const struct curl_ws_frame *meta = curl_ws_meta(curl);
    (void)data;
    take(piece, size * n, (unsigned int)meta->flags, !meta->bytesleft && !(meta->flags & CURLWS_CONT));
    if(received == sent && !arrived)
        send_some(send_frame);
    return received == count ? CURL_WRITEFUNC_ERROR : size * n;
}

static CURL *new_handle(const char *url)
{
    CURL *handle = curl_easy_init();
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_CAINFO, ca_file);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error);
    return handle;
}

static void exchange(const char *api, const char *scheme, const char *url, int compress, long messages)
{
    char what[100];
    CURLcode code;
    snprintf(what, sizeof(what), "messages, %s%s, %s", scheme, compress ? " compressed" : "", api);
    count = messages;
    sent = received = 0;
    sending = receiving = (unsigned long long)messages + (unsigned long long)compress;
    began = seconds();
    curl = new_handle(url);
    curl_easy_setopt(curl, CURLOPT_WS_OPTIONS, compress ? (long)CURLWS_COMPRESS : 0L);
    if(!strcmp(api, "callbacks")) {
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_write);
        curl_easy_setopt(curl, CURLOPT_WS_OPENFUNCTION, on_open);
        code = curl_easy_perform(curl);
        if(code != CURLE_WRITE_ERROR || received != count)
            fail(what, code, error);
    }
    else {
        int whole = !strcmp(api, "whole");
        curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
        code = curl_easy_perform(curl);
        if(code)
            fail(what, code, error);
        while(received < count) {
            send_some(whole ? send_message : send_frame);
            while(received < sent)
                (whole ? receive_message : receive_frame)();
        }
    }
    report(what, messages, MARGIN_KB);
    curl_easy_cleanup(curl);
}

static void messages(long all, const char *ws, const char *wss)
{
    static const char *const apis[] = { "frames", "whole", "callbacks" };
    for(int compress = 0; compress < 2; compress++)
        for(int api = 0; api < 3; api++) {
            exchange(apis[api], "ws", ws, compress, all / 12);
            exchange(apis[api], "wss", wss, compress, all / 12);
        }
}

/* --- connections */

static void connect_once(const char *url)
{
    const struct curl_ws_frame *meta;
    char answer[16];
    size_t n;
    CURLcode code;
    curl = new_handle(url);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
    code = curl_easy_perform(curl);
    if(code)
        fail("connect", code, error);
    code = curl_ws_send(curl, "hello", 5, &n, 0, CURLWS_TEXT);
    if(code || n != 5)
        fail("send", code, error);
    while((code = curl_ws_recv(curl, answer, sizeof(answer), &n, &meta)) == CURLE_AGAIN)
        wait_for(POLLIN);
    if(code || n != 5 || memcmp(answer, "hello", 5))
        fail("receive", code, error);
    bytes += 10;
    curl_ws_send(curl, "\x03\xe8", 2, &n, 0, CURLWS_CLOSE);
    curl_easy_cleanup(curl);
}

static void connects(long all, const char *scheme, const char *url)
{
    char what[50];
    snprintf(what, sizeof(what), "connections, %s", scheme);
    began = seconds();
    for(long done = 0; done < all; done++) {
        if(done == all / 10)
            warmed_up();
        else if(done % (all / SAMPLES + 1) == 0)
            sample();
        connect_once(url);
    }
    report(what, all, MARGIN_KB);
}

/* --- anything */

static size_t on_anything(char *piece, size_t size, size_t n, void *handle)
{
    const struct curl_ws_frame *meta = curl_ws_meta(handle);
    size_t done;
    bytes += (long long)(size * n);
    /* an answer now and then, and what comes of it shows in the end */
    if(meta && meta->flags & CURLWS_TEXT && !meta->bytesleft)
        curl_ws_send(handle, piece, size * n, &done, 0, CURLWS_TEXT);
    return size * n;
}

static long codes[CURL_LAST];
static double slowest;

static void add(CURLM *multi, const char *url, long number)
{
    char full[300];
    snprintf(full, sizeof(full), "%s%ld", url, number);
    CURL *handle = new_handle(full);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_anything);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, handle);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, 2000L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 4000L);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(handle, CURLOPT_WS_MAX_MESSAGE_SIZE, (curl_off_t)1 << 20);
    curl_easy_setopt(handle, CURLOPT_WS_OPTIONS, number % 2 ? (long)CURLWS_COMPRESS : (long)CURLWS_STRICT);
    curl_multi_add_handle(multi, handle);
}

static int finish(CURLM *multi)
{
    CURLMsg *message;
    int left, finished = 0;
    while((message = curl_multi_info_read(multi, &left))) {
        CURL *handle = message->easy_handle;
        double took = 0;
        CURLcode code = message->data.result;
        if(code == CURLE_FAILED_INIT || (unsigned)code >= CURL_LAST)
            fail("an answer of the server's", code, "an internal error");
        curl_easy_getinfo(handle, CURLINFO_TOTAL_TIME, &took);
        slowest = took > slowest ? took : slowest;
        codes[code]++;
        curl_multi_remove_handle(multi, handle);
        curl_easy_cleanup(handle);
        finished++;
    }
    return finished;
}

static void anything(long all, const char *ws, const char *wss)
{
    int descriptors = entries("/proc/self/fd");
    CURLM *multi = curl_multi_init();
    long added = 0, finished = 0;
    began = seconds();
    while(finished < all) {
        int running;
        while(added < all && added - finished < AT_ONCE) {
            add(multi, added % 4 == 3 ? wss : ws, added);
            added++;
        }
        if(curl_multi_perform(multi, &running) || curl_multi_poll(multi, NULL, 0, 1000, NULL))
            fail("multi", CURLE_OK, "error");
        for(int more = finish(multi); more > 0; more--)
            if(++finished == all / 4)
                warmed_up();
        sample();
    }
    curl_multi_cleanup(multi);
    first.descriptors = descriptors; /* while some run others have some */
    report("servers that do anything", all, MARGIN_OF_MANY_KB);
    printf("\nThe slowest took %.1f s of 4. Codes:", slowest);
    for(int code = 0; code < CURL_LAST; code++)
        if(codes[code])
            printf(" %d (%ld)", code, codes[code]);
    printf("\n");
    if(slowest > 6)
        fail("anything", CURLE_OPERATION_TIMEDOUT, "the time limit did not hold");
}

int main(int argc, char **argv)
{
    if(argc < 6)
        return 2;
    long all = atol(argv[2]);
    int before;
    ca_file = argv[5];
    curl_global_init(CURL_GLOBAL_ALL);
    make_block();
    before = entries("/proc/self/fd");
    if(!strcmp(argv[1], "messages"))
        messages(all, argv[3], argv[4]);
    else if(!strcmp(argv[1], "connects")) {
        connects(all / 2, "ws", argv[3]);
        connects(all / 2, "wss", argv[4]);
    }
    else
        anything(all, argv[3], argv[4]);
    curl_global_cleanup();
    if(entries("/proc/self/fd") != before)
        fail("at the end", CURLE_OK, "descriptors are left");
    return 0;
}
