// What the Kubernetes VPA recommender's in-memory core costs: ClusterState.AddSample for the CPU and the memory of so
// many containers, and a recommendation for each. No broker, nothing durable: samples are made and folded in memory.
//
// Containers are one to a pod and known by names of their own, so each has its own aggregation; the pods of four hundred
// containers share one VPA. Prints one JSON object for each number of containers.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

const vpaModule = "k8s.io/autoscaler/vertical-pod-autoscaler"

// Result is of one number of containers. A scrape is a CPU sample and a memory sample of one container.
type Result struct {
	VPA                 string  `json:"vpa"`
	Go                  string  `json:"go"`
	Containers          int     `json:"containers"`
	AddSampleNs         float64 `json:"add_sample_ns"`
	SamplesPerSecond    float64 `json:"samples_per_second"`
	ScrapeNs            float64 `json:"scrape_ns"`
	ScrapeUnderVPANs    float64 `json:"scrape_under_vpa_ns"`
	AggregateNs         float64 `json:"aggregate_ns"`
	RecommendNs         float64 `json:"recommend_ns"`
	BytesPerContainer   float64 `json:"bytes_per_container"`
	AllocatedPerScrapeB float64 `json:"allocated_per_scrape_bytes"`
}

func main() {
	containers := flag.String("containers", "10000,100000", "Numbers of containers, with commas between.")
	scrapes := flag.Int("scrapes", 40, "Scrapes of each container that are timed, 15 s apart.")
	flag.Parse()
	for _, text := range strings.Split(*containers, ",") {
		number, err := strconv.Atoi(text)
		if err != nil || number < 1 || *scrapes < 1 {
			fmt.Fprintf(os.Stderr, "expected whole numbers of 1 or more, got -containers %s -scrapes %d\n", text, *scrapes)
			os.Exit(2)
		}
		if err := json.NewEncoder(os.Stdout).Encode(measure(number, *scrapes)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func measure(containers, scrapes int) Result {
	before := heap()
	cluster := newCluster(containers)
	cluster.warmUp()
	bytes := float64(heap()-before) / float64(containers)
	allocated := totalAllocated()
	scrape := cluster.scrape(scrapes)
	perScrape := float64(totalAllocated()-allocated) / float64(containers*scrapes)
	cluster.putUnderVPAs()
	underVPA := cluster.scrape(scrapes)
	aggregate, recommend := cluster.recommend()
	return Result{
		VPA: moduleVersion(), Go: runtime.Version(), Containers: containers,
		AddSampleNs: scrape / 2, SamplesPerSecond: 2e9 / scrape, ScrapeNs: scrape, ScrapeUnderVPANs: underVPA,
		AggregateNs: aggregate, RecommendNs: recommend, BytesPerContainer: bytes, AllocatedPerScrapeB: perScrape,
	}
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func totalAllocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, each := range info.Deps {
		if each.Path == vpaModule {
			return each.Version
		}
	}
	return "unknown"
}
