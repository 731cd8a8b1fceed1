/* The driver's handles and command loop; what it is for and its language: driver.h. */
#include "driver.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct slot slots[MAX_SLOTS];
int depth;

struct slot *slot_number(int number)
{
    return number >= 0 && number < MAX_SLOTS ? &slots[number] : NULL;
}

void begin_result(const char *name)
{
    printf("%c %s", depth ? '>' : '=', name);
}

static void sleep_ms(long ms)
{
    struct timespec pause = { ms / 1000, (ms % 1000) * 1000000 };
    nanosleep(&pause, NULL);
}

static long resident_kb(void)
{
    char line[256];
    long kb = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while(status && kb < 0 && fgets(line, sizeof(line), status))
        sscanf(line, "VmHWM: %ld", &kb);
    if(status)
        fclose(status);
    return kb;
}

static bool plain_command(int slot, const struct words *words, const char *whole)
{
    const char *name = words->at[0].text;
    const struct word *first = words->count > 1 ? &words->at[1] : NULL;
    begin_result(name);
    if(!strcmp(name, "on") && words->count > 3)
        printf(" ok=%d", add_action(slot, words, whole));
    else if(!strcmp(name, "ret") && first)
        set_return(first);
    else if(!strcmp(name, "data") && first)
        set_data(first);
    else if(!strcmp(name, "stop_after") && first) { /* makes the write callback end the transfer once so many bytes have come */
        if(slots[slot].tally[ON_WRITE].bytes >= strtoull(first->text, NULL, 0))
            set_return(&(struct word){ "error", 5 });
    }
    else if(!strcmp(name, "forget"))
        forget_actions();
    else if(!strcmp(name, "sleep") && first)
        sleep_ms(atol(first->text));
    else if(!strcmp(name, "peak_kb"))
        printf(" value=%ld", resident_kb());
    else if(!strcmp(name, "version"))
        print_text("value", curl_version());
    else if(!strcmp(name, "strerror") && first)
        print_text("value", curl_easy_strerror((CURLcode)atoi(first->text)));
    else if(!strcmp(name, "quiet") && first && kind_by_name(first->text) >= 0)
        slots[slot].tally[kind_by_name(first->text)].quiet = true;
    else if(!strcmp(name, "show") && first && kind_by_name(first->text) >= 0)
        slots[slot].tally[kind_by_name(first->text)].quiet = false;
    else if(!strcmp(name, "tally") && first && kind_by_name(first->text) >= 0) {
        const struct tally *tally = &slots[slot].tally[kind_by_name(first->text)];
        printf(" calls=%ld bytes=%llu largest=%zu crc=%08x", tally->calls, (unsigned long long)tally->bytes, tally->largest,
               (unsigned int)tally->crc);
    }
    else if(!strcmp(name, "upload") && first) {
        slots[slot].upload = parse_data(first);
        slots[slot].uploaded = 0;
        slots[slot].upload_chunk = (size_t)number_option(words, "chunk", 0);
    }
    else
        return false;
    return true;
}

static void run_words(const struct words *all, const char *whole)
{
    static union {
        char bytes[65536];
        long long align;
    } foreign;
    struct words words = *all;
    struct slot *slot = &slots[0];
    CURL *curl = slot->curl;
    if(words.at[0].text[0] == '@') {
        const char *which = words.at[0].text + 1;
        slot = *which >= '0' && *which <= '9' ? slot_number(atoi(which)) : NULL;
        curl = slot ? slot->curl : !strcmp(which, "foreign") ? (CURL *)foreign.bytes : NULL;
        words.count--;
        memmove(words.at, words.at + 1, (size_t)words.count * sizeof(words.at[0]));
        whole = strchr(whole, ' ');
        whole = whole ? whole + 1 : "";
    }
    if(!words.count)
        return;
    if(easy_command(slot, curl, &words) || ws_command(slot, curl, &words) || endpoint_command(slot, curl, &words))
        return;
    if(!plain_command(slot ? (int)(slot - slots) : 0, &words, whole))
        printf(" unknown=1");
}

void run_line(char *line)
{
    struct words words;
    char *whole = strdup(line);
    if(!whole)
        abort();
    whole[strcspn(whole, "\n")] = '\0';
    if(split_words(line, &words)) {
        run_words(&words, whole);
        putchar('\n');
    }
    free(whole);
}

static void free_slot(struct slot *slot)
{
    curl_easy_cleanup(slot->curl);
    for(int i = 0; i < slot->list_count; i++)
        curl_slist_free_all(slot->lists[i]);
    free(slot->upload.bytes);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    setvbuf(stdout, NULL, _IOFBF, 65536);
    if(curl_global_init(CURL_GLOBAL_DEFAULT))
        return 1;
    while(getline(&line, &size, stdin) >= 0) {
        run_line(line);
        fflush(stdout);
    }
    free(line);
    for(int i = 0; i < MAX_SLOTS; i++)
        free_slot(&slots[i]);
    forget_actions();
    curl_global_cleanup();
    return 0;
}
