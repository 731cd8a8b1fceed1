/*
 * Prints what the debug and header callbacks are given as many programs do, with `%s`: usage `print_lines URL [CAINFO]`. Says how many texts
 * there were, and how many had another length than they were said to have.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static long texts, headers, wrong;

static void print(const char *kind, const char *text, size_t size)
{
    fprintf(stderr, "%s %s", kind, text);
    if(strlen(text) != size)
        wrong++;
}

static int on_debug(CURL *curl, curl_infotype type, char *text, size_t size, void *data)
{
    static const char *const kinds[] = { "*", "<", ">" };
    (void)curl;
    (void)data;
    if(type <= CURLINFO_HEADER_OUT) {
        print(kinds[type], text, size);
        texts++;
    }
    return 0;
}

static size_t on_header(char *line, size_t size, size_t n, void *data)
{
    print(data, line, size * n);
    headers++;
    return size * n;
}

static size_t on_write(char *bytes, size_t size, size_t n, void *data)
{
    (void)bytes;
    (void)data;
    return size * n;
}

int main(int argc, char **argv)
{
    if(argc < 2)
        return 2;
    curl_global_init(CURL_GLOBAL_ALL);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
    if(argc > 2)
        curl_easy_setopt(curl, CURLOPT_CAINFO, argv[2]);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, (void *)"header");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_write);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    curl_global_cleanup();
    printf("%d %d texts %ld headers %ld wrong\n", (int)code, texts > 5, headers, wrong);
    return 0;
}
