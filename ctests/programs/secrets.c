/*
 * Looks for secrets in the process's memory after the handles that had them are gone: secrets SCHEME PORT NETRC-FILE. Each handle has
 * others, and connects once. Says of each secret whether it was there, and how often it is still found.
 */
#include <curl/curl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PASSWORD, BEARER, PROXY_PASSWORD, KEY_PASSWORD, URL_PASSWORD, PROXY_URL_PASSWORD, COOKIE, HEADER, NETRC_PASSWORD, SOCKS_PASSWORD, COUNT };
static const char *const names[COUNT] = {"password", "bearer", "proxy password", "key password", "URL's password", "proxy URL's password",
                                         "cookie", "header", "netrc password", "SOCKS password"};

/* Each is kept with its bits inverted, so that only the library has it in clear; and the same in Base64. */
enum { LENGTH = 24, ENCODED = LENGTH / 3 * 4 };
static unsigned char hidden[COUNT][LENGTH], encoded[COUNT][ENCODED];

static int was_there[COUNT];

/* Different from run to run: compiled-in text would be found in the program. */
static void hide(void)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    FILE *random = fopen("/dev/urandom", "rb");
    int i, j, k;
    if(!random || fread(hidden, 1, sizeof(hidden), random) != sizeof(hidden))
        exit(2);
    fclose(random);
    for(i = 0; i < COUNT; i++) {
        for(j = 0; j < LENGTH; j++)
            hidden[i][j] = (unsigned char)~('a' + hidden[i][j] % 26);
        for(j = 0; j < LENGTH / 3; j++) {
            unsigned bits = 0;
            for(k = 0; k < 3; k++)
                bits = bits << 8 | (~hidden[i][3 * j + k] & 0xff);
            for(k = 0; k < 4; k++)
                encoded[i][4 * j + k] = (unsigned char)~digits[bits >> (18 - 6 * k) & 63];
        }
    }
}

/* A text with a secret in it, to be wiped. */
static char clear[256];

static const char *with_secret(const char *before, int which, const char *after)
{
    size_t length = strlen(before), i;
    memcpy(clear, before, length);
    for(i = 0; i < LENGTH; i++)
        clear[length++] = (char)~hidden[which][i];
    memcpy(clear + length, after, strlen(after) + 1);
    return clear;
}

static void wipe(char *text)
{
    volatile char *at = text;
    while(*at)
        *at++ = 0;
}

static void set(CURL *curl, CURLoption option, const char *before, int which, const char *after)
{
    if(curl_easy_setopt(curl, option, with_secret(before, which, after)))
        exit(3);
    wipe(clear);
}

static int is_at(const unsigned char *memory, const unsigned char *secret, size_t length)
{
    size_t i;
    for(i = 0; i < length && (memory[i] ^ secret[i]) == 0xff; i++)
        ;
    return i == length;
}

/* Counts the places in this memory that have the secrets. */
static void count(const unsigned char *memory, size_t size, long found[COUNT])
{
    size_t i;
    int j;
    for(i = 0; i + LENGTH <= size; i++)
        for(j = 0; j < COUNT; j++)
            found[j] += is_at(memory + i, hidden[j], LENGTH) || (i + ENCODED <= size && is_at(memory + i, encoded[j], ENCODED));
}

static void search(long found[COUNT])
{
    static unsigned char chunk[1 << 20];
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY);
    if(!maps || memory < 0)
        exit(4);
    while(fgets(line, sizeof(line), maps)) {
        unsigned long start, end;
        char mode[5];
        if(sscanf(line, "%lx-%lx %4s", &start, &end, mode) != 3 || mode[0] != 'r' || mode[1] != 'w')
            continue;
        while(start < end) {
            size_t wanted = end - start < sizeof(chunk) ? end - start : sizeof(chunk);
            ssize_t got = pread(memory, chunk, wanted, (off_t)start);
            if(got <= 0)
                break;
            /* This array itself is in memory, too: its copy of itself would be found. */
            if(start > (unsigned long)(chunk + sizeof(chunk)) || start + (unsigned long)got < (unsigned long)chunk)
                count(chunk, (size_t)got, found);
            start += (unsigned long)got;
        }
    }
    memset(chunk, 0, sizeof(chunk));
    fclose(maps);
    close(memory);
}

static void note(void)
{
    long found[COUNT] = {0};
    int i;
    search(found);
    for(i = 0; i < COUNT; i++)
        was_there[i] |= found[i] > 0;
}

/* A request is about to be sent. */
static int debug(CURL *curl, curl_infotype type, char *data, size_t size, void *user)
{
    (void)curl, (void)data, (void)size, (void)user;
    if(type == CURLINFO_HEADER_OUT)
        note();
    return 0;
}

static CURL *handle(const char *url)
{
    CURL *curl = curl_easy_init();
    if(!curl)
        exit(5);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, debug);
    return curl;
}

static void run(const char *what, CURL *curl)
{
    CURLcode code = curl_easy_perform(curl);
    note();
    curl_easy_cleanup(curl);
    printf("%s: %d\n", what, code);
}

static void write_netrc(const char *file)
{
    int netrc = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const char *text = with_secret("machine localhost login me password ", NETRC_PASSWORD, "\n");
    if(netrc < 0 || write(netrc, text, strlen(text)) < 0)
        exit(6);
    wipe(clear);
    close(netrc);
}

int main(int argc, char **argv)
{
    char url[64], login[32], rest[64], proxy[64];
    long left[COUNT] = {0};
    struct curl_slist *headers;
    CURL *curl;
    int i;

    if(argc != 4)
        return 1;
    hide();
    snprintf(url, sizeof(url), "%s://localhost:%s/", argv[1], argv[2]);
    snprintf(login, sizeof(login), "%s://me:", argv[1]);
    snprintf(rest, sizeof(rest), "@localhost:%s/", argv[2]);
    snprintf(proxy, sizeof(proxy), "@127.0.0.1:%s", argv[2]);

    curl = handle(url);
    curl_easy_setopt(curl, CURLOPT_USERNAME, "me");
    set(curl, CURLOPT_PASSWORD, "", PASSWORD, "");
    set(curl, CURLOPT_XOAUTH2_BEARER, "", BEARER, "");
    set(curl, CURLOPT_PROXYPASSWORD, "", PROXY_PASSWORD, "");
    set(curl, CURLOPT_KEYPASSWD, "", KEY_PASSWORD, "");
    run("options", curl);

    curl = handle("");
    set(curl, CURLOPT_URL, login, URL_PASSWORD, rest);
    set(curl, CURLOPT_PROXY, "http://me:", PROXY_URL_PASSWORD, proxy);
    set(curl, CURLOPT_COOKIE, "session=", COOKIE, "");
    headers = curl_slist_append(NULL, with_secret("X-Token: ", HEADER, ""));
    wipe(clear);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    run("URLs", curl);
    wipe(headers->data);
    curl_slist_free_all(headers);

    write_netrc(argv[3]);
    curl = handle(url);
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_REQUIRED);
    curl_easy_setopt(curl, CURLOPT_NETRC_FILE, argv[3]);
    run("netrc", curl);

    curl = handle(url);
    set(curl, CURLOPT_PROXY, "socks5h://me:", SOCKS_PASSWORD, proxy);
    run("SOCKS", curl);

    search(left);
    for(i = 0; i < COUNT; i++)
        printf("%s: %s, %ld left\n", names[i], was_there[i] ? "there" : "not there", left[i]);
    return 0;
}
