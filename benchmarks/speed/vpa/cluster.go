package main

import (
	"fmt"
	"math"
	"math/rand"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	vpa_types "k8s.io/autoscaler/vertical-pod-autoscaler/pkg/apis/autoscaling.k8s.io/v1"
	"k8s.io/autoscaler/vertical-pod-autoscaler/pkg/recommender/logic"
	"k8s.io/autoscaler/vertical-pod-autoscaler/pkg/recommender/model"
)

const (
	perVPA      = 400
	step        = 15 * time.Second
	warmUpHours = 26 // more than a day, so that each container has a memory peak that is over
	patterns    = 4096
)

// cluster is a ClusterState with what is needed to feed it: nothing is allocated while it is timed but by the VPA.
type cluster struct {
	state   model.ClusterState
	samples []model.ContainerUsageSampleWithKey
	base    []float64
	noise   []float64
	now     time.Time
	turn    int
}

func newCluster(containers int) *cluster {
	random := rand.New(rand.NewSource(1))
	state := model.NewClusterState(time.Hour)
	request := model.Resources{
		model.ResourceCPU:    model.CPUAmountFromCores(1),
		model.ResourceMemory: model.MemoryAmountFromBytes(2 << 30),
	}
	c := &cluster{state: state, now: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}
	for i := range containers {
		pod := model.PodID{Namespace: namespace(i / perVPA), PodName: fmt.Sprintf("pod-%d", i)}
		id := model.ContainerID{PodID: pod, ContainerName: fmt.Sprintf("container-%d", i%perVPA)}
		state.AddOrUpdatePod(pod, labels.Set{"app": "app"}, corev1.PodRunning)
		if err := state.AddOrUpdateContainer(id, request); err != nil {
			panic(err)
		}
		c.samples = append(c.samples, model.ContainerUsageSampleWithKey{Container: id})
		c.base = append(c.base, 0.05+0.95*random.Float64())
	}
	for range patterns {
		c.noise = append(c.noise, math.Exp(0.1*random.NormFloat64()))
	}
	return c
}

func namespace(group int) string { return fmt.Sprintf("ns-%d", group) }

// warmUp folds an hourly scrape of a bit more than a day.
func (c *cluster) warmUp() {
	for range warmUpHours {
		c.now = c.now.Add(time.Hour)
		c.once()
	}
}

// scrape is the mean nanoseconds of processor time that one scrape of one container takes.
func (c *cluster) scrape(times int) float64 {
	begun := processorTime()
	for range times {
		c.now = c.now.Add(step)
		c.once()
	}
	return float64(processorTime()-begun) / float64(times*len(c.samples))
}

// once adds a sample of CPU and one of memory for each container.
func (c *cluster) once() {
	c.turn++
	for i := range c.samples {
		sample, usage := &c.samples[i], c.base[i]*c.noise[(i+c.turn*7919)%patterns]
		sample.MeasureStart = c.now
		sample.Resource, sample.Usage = model.ResourceCPU, model.CPUAmountFromCores(usage)
		c.add(sample)
		sample.Resource, sample.Usage = model.ResourceMemory, model.MemoryAmountFromBytes(usage*(1<<30))
		c.add(sample)
	}
}

func (c *cluster) add(sample *model.ContainerUsageSampleWithKey) {
	if err := c.state.AddSample(sample); err != nil {
		panic(err)
	}
}

// putUnderVPAs makes one VPA for the containers of each namespace.
func (c *cluster) putUnderVPAs() {
	for group := range (len(c.samples) + perVPA - 1) / perVPA {
		object := &vpa_types.VerticalPodAutoscaler{}
		object.Namespace, object.Name = namespace(group), "vpa"
		if err := c.state.AddOrUpdateVpa(object, labels.SelectorFromSet(labels.Set{"app": "app"})); err != nil {
			panic(err)
		}
	}
	c.recommend() // what is recommended once is known to AddSample, which then measures how good it was
}

// recommend is the mean nanoseconds a container that the recommender takes, as it does each minute: to gather the
// aggregations of a VPA, and to make the recommendation of them.
func (c *cluster) recommend() (aggregate, recommend float64) {
	recommender := logic.CreatePodResourceRecommender(defaults())
	var gathering, making time.Duration
	made := 0
	for _, vpa := range c.state.VPAs() {
		begun := processorTime()
		aggregations := vpa.AggregateStateByContainerName()
		gathered := processorTime()
		resources := recommender.GetRecommendedPodResources(aggregations)
		making += processorTime() - gathered
		gathering += gathered - begun
		made += len(resources)
		vpa.UpdateRecommendation(
			logic.MapToListOfRecommendedContainerResources(resources, logic.RecommendationFormat{RoundCPUMillicores: 1, RoundMemoryBytes: 1}),
		)
	}
	if made != len(c.samples) {
		panic(fmt.Sprintf("expected %d recommendations, got %d", len(c.samples), made))
	}
	return float64(gathering) / float64(made), float64(making) / float64(made)
}

// processorTime is that of the whole process, its garbage collector included: the wall's is noise on a busy machine.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// defaults are those of the recommender's flags.
func defaults() logic.RecommendationConfig {
	return logic.RecommendationConfig{
		SafetyMarginFraction: 0.15, PodMinCPUMillicores: 25, PodMinMemoryMb: 250,
		TargetCPUPercentile: 0.9, LowerBoundCPUPercentile: 0.5, UpperBoundCPUPercentile: 0.95,
		ConfidenceIntervalCPU:  24 * time.Hour,
		TargetMemoryPercentile: 0.9, LowerBoundMemoryPercentile: 0.5, UpperBoundMemoryPercentile: 0.95,
		ConfidenceIntervalMemory: 24 * time.Hour,
	}
}
