/*
 * Looks for secrets in the process's memory after the handle that had them is gone: secrets URL. Says how often each was found.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each is kept with its bits inverted, so that only the library has it in clear. */
enum { LENGTH = 24, COUNT = 4 };
static unsigned char hidden[COUNT][LENGTH];
static const char *const names[COUNT] = {"password", "bearer", "proxy password", "key password"};

/* Different from run to run: compiled-in text would be found in the program. */
static void hide(void)
{
    FILE *random = fopen("/dev/urandom", "rb");
    int i, j;
    if(!random || fread(hidden, 1, sizeof(hidden), random) != sizeof(hidden))
        exit(2);
    fclose(random);
    for(i = 0; i < COUNT; i++)
        for(j = 0; j < LENGTH; j++)
            hidden[i][j] = (unsigned char)~('a' + hidden[i][j] % 26);
}

static void set(CURL *curl, CURLoption option, int which)
{
    char clear[LENGTH + 1];
    volatile char *wipe = clear;
    int i;
    for(i = 0; i < LENGTH; i++)
        clear[i] = (char)~hidden[which][i];
    clear[LENGTH] = 0;
    if(curl_easy_setopt(curl, option, clear))
        exit(3);
    for(i = 0; i < LENGTH; i++)
        wipe[i] = 0;
}

/* Counts the places in this memory that have it. */
static long count(const unsigned char *memory, size_t size, const unsigned char *secret)
{
    long found = 0;
    size_t i, j;
    for(i = 0; i + LENGTH <= size; i++) {
        for(j = 0; j < LENGTH && (memory[i + j] ^ secret[j]) == 0xff; j++)
            ;
        found += j == LENGTH;
    }
    return found;
}

static void search(long found[COUNT])
{
    static unsigned char chunk[1 << 20];
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    FILE *memory = fopen("/proc/self/mem", "rb");
    if(!maps || !memory)
        exit(4);
    setvbuf(memory, NULL, _IONBF, 0);
    while(fgets(line, sizeof(line), maps)) {
        unsigned long start, end;
        char mode[5];
        if(sscanf(line, "%lx-%lx %4s", &start, &end, mode) != 3 || mode[0] != 'r' || mode[1] != 'w')
            continue;
        while(start < end) {
            size_t wanted = end - start < sizeof(chunk) ? end - start : sizeof(chunk), got;
            int i;
            if(fseek(memory, (long)start, SEEK_SET))
                break;
            got = fread(chunk, 1, wanted, memory);
            /* This array itself is in memory, too: its copy of itself would be found. */
            for(i = 0; i < COUNT && (start > (unsigned long)(chunk + sizeof(chunk)) || start + got < (unsigned long)chunk); i++)
                found[i] += count(chunk, got, hidden[i]);
            if(got == 0)
                break;
            start += got;
        }
    }
    memset(chunk, 0, sizeof(chunk));
    fclose(maps);
    fclose(memory);
}

int main(int argc, char **argv)
{
    long before[COUNT] = {0}, after[COUNT] = {0};
    CURL *curl = curl_easy_init();
    CURLcode code;
    int i;

    if(argc != 2)
        return 1;
    hide();
    curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
    curl_easy_setopt(curl, CURLOPT_USERNAME, "user");
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_DIGEST);
    set(curl, CURLOPT_PASSWORD, 0);
    set(curl, CURLOPT_XOAUTH2_BEARER, 1);
    set(curl, CURLOPT_PROXYPASSWORD, 2);
    set(curl, CURLOPT_KEYPASSWD, 3);
    code = curl_easy_perform(curl);
    search(before);
    curl_easy_cleanup(curl);
    search(after);
    printf("%d\n", code);
    for(i = 0; i < COUNT; i++)
        printf("%s: %s, %ld left\n", names[i], before[i] ? "there" : "not there", after[i]);
    return 0;
}
