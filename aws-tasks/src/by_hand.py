"""Makes what a plan makes with boto3 as a script does: object by object, each call after the one before.

by_hand.py URL REGION IMAGE, the plan as JSON on standard input; prints how many calls it took, and how many seconds.
"""

import json
import sys
import time

import boto3

SITE = "by-hand"


def client(service):
    """A client, made before time is taken."""
    return boto3.client(
        service, endpoint_url=sys.argv[1], region_name=sys.argv[2], aws_access_key_id="test",
        aws_secret_access_key="test",
    )


EC2, SCALING, ELB, DNS = client("ec2"), client("autoscaling"), client("elbv2"), client("route53")
REGION, IMAGE = sys.argv[2], sys.argv[3]
CALLS = 0


def made(call, **arguments):
    """One call."""
    global CALLS
    CALLS += 1
    return call(**arguments)


def tags(kind, name):
    """The marks of an object, given with it."""
    pairs = [{"Key": "ha:site", "Value": SITE}, {"Key": "ha:object", "Value": name}]
    return [{"ResourceType": kind, "Tags": pairs}]


class Site:
    """What was made so far."""

    def __init__(self):
        self.vpc, self.subnets, self.groups, self.targets, self.balancers, self.zones = None, {}, {}, {}, {}, {}

    def network(self, spec):
        """The network, zone by zone."""
        self.vpc = made(EC2.create_vpc, CidrBlock="10.64.0.0/16", TagSpecifications=tags("vpc", "network"))["Vpc"]["VpcId"]
        gateway = made(EC2.create_internet_gateway, TagSpecifications=tags("internet-gateway", "gateway"))
        gateway = gateway["InternetGateway"]["InternetGatewayId"]
        made(EC2.attach_internet_gateway, InternetGatewayId=gateway, VpcId=self.vpc)
        public = self.table("public")
        self.route(public, GatewayId=gateway)
        nats = {}
        for number, zone in enumerate(spec["zones"]):
            for side, name in enumerate(("public", "private")):
                cidr = f"10.64.{16 * (2 * number + side)}.0/20"
                subnet = made(
                    EC2.create_subnet, VpcId=self.vpc, CidrBlock=cidr, AvailabilityZone=REGION + zone,
                    TagSpecifications=tags("subnet", f"{name}-{zone}"),
                )
                self.subnets[name, zone] = subnet["Subnet"]["SubnetId"]
            made(EC2.associate_route_table, RouteTableId=public, SubnetId=self.subnets["public", zone])
            if spec["nat"] == "per_zone" or (spec["nat"] == "one" and not nats):
                nats[zone] = self.exit(zone)
        for zone in spec["zones"]:
            table = self.table(f"private-{zone}")
            made(EC2.associate_route_table, RouteTableId=table, SubnetId=self.subnets["private", zone])
            if nats:
                self.route(table, NatGatewayId=nats.get(zone) or next(iter(nats.values())))
        self.rules(spec["allow"])

    def table(self, name):
        """A route table."""
        table = made(EC2.create_route_table, VpcId=self.vpc, TagSpecifications=tags("route-table", name))
        return table["RouteTable"]["RouteTableId"]

    def route(self, table, **way):
        """Its way to the world."""
        made(EC2.create_route, RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **way)

    def exit(self, zone):
        """A NAT gateway with its address."""
        address = made(EC2.allocate_address, Domain="vpc", TagSpecifications=tags("elastic-ip", f"nat-{zone}"))
        nat = made(
            EC2.create_nat_gateway, SubnetId=self.subnets["public", zone], AllocationId=address["AllocationId"],
            TagSpecifications=tags("natgateway", f"nat-{zone}"),
        )
        return nat["NatGateway"]["NatGatewayId"]

    def rules(self, allow):
        """Security groups, and one call for all rules of each."""
        into = {}
        for rule in allow:
            for party in (rule["from"], rule["to"]):
                if party != "world" and str(party) not in self.groups:
                    ((kind, name),) = party.items()
                    group = made(
                        EC2.create_security_group, GroupName=f"{SITE}-{kind}-{name}", Description=name, VpcId=self.vpc,
                        TagSpecifications=tags("security-group", f"{kind}-{name}"),
                    )
                    self.groups[str(party)] = group["GroupId"]
            permission = {"IpProtocol": "tcp", "FromPort": rule["port"], "ToPort": rule["port"]}
            if rule["from"] == "world":
                permission["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
            else:
                permission["UserIdGroupPairs"] = [{"GroupId": self.groups[str(rule["from"])]}]
            into.setdefault(str(rule["to"]), []).append(permission)
        for party, permissions in into.items():
            made(EC2.authorize_security_group_ingress, GroupId=self.groups[party], IpPermissions=permissions)

    def pool(self, spec):
        """A template and its group."""
        name = f"{SITE}-{spec['name']}"
        data = {
            "ImageId": IMAGE, "InstanceType": "t3.micro", "SecurityGroupIds": [self.groups[str({"pool": spec["name"]})]],
        }
        made(
            EC2.create_launch_template, LaunchTemplateName=name, LaunchTemplateData=data,
            TagSpecifications=tags("launch-template", name),
        )
        made(
            SCALING.create_auto_scaling_group, AutoScalingGroupName=name, MinSize=spec["bounds"]["min"],
            MaxSize=spec["bounds"]["max"], DesiredCapacity=spec["capacity"]["fixed"], HealthCheckType="ELB",
            HealthCheckGracePeriod=60, LaunchTemplate={"LaunchTemplateName": name, "Version": "1"},
            VPCZoneIdentifier=",".join(self.subnets["private", zone] for zone in spec["zones"]),
        )

    def balancer(self, spec):
        """A load balancer, its target groups and listeners, and the pools behind it."""
        group = self.groups[str({"balancer": spec["name"]})]
        alb = made(
            ELB.create_load_balancer, Name=f"{SITE}-{spec['name']}", SecurityGroups=[group],
            Subnets=[self.subnets["public", zone] for zone in spec["zones"]],
        )["LoadBalancers"][0]
        self.balancers[spec["name"]] = alb
        forward = []
        for route, ready in zip(spec["routes"], spec["ready"]):
            target = made(
                ELB.create_target_group, Name=f"{SITE}-{route['pool']}", Protocol="HTTP", Port=ready["port"],
                VpcId=self.vpc, HealthCheckPath=ready["ready"],
            )["TargetGroups"][0]["TargetGroupArn"]
            drain = {"Key": "deregistration_delay.timeout_seconds", "Value": str(spec["drain"]["secs"])}
            made(ELB.modify_target_group_attributes, TargetGroupArn=target, Attributes=[drain])
            forward.append((route["pool"], target, route["weight"]))
        groups = [{"TargetGroupArn": target, "Weight": weight} for _, target, weight in forward]
        for listener in spec["listeners"]:
            made(
                ELB.create_listener, LoadBalancerArn=alb["LoadBalancerArn"], Port=listener["port"], Protocol="HTTP",
                DefaultActions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
            )
        for pool, target, _ in forward:
            made(
                SCALING.attach_load_balancer_target_groups, AutoScalingGroupName=f"{SITE}-{pool}",
                TargetGroupARNs=[target],
            )

    def record(self, spec):
        """A name that stands for a balancer, in the zone of its domain."""
        domain = ".".join(spec["name"].split(".")[-2:])
        if domain not in self.zones:
            zone = made(DNS.create_hosted_zone, Name=domain, CallerReference=str(time.time()))
            self.zones[domain] = zone["HostedZone"]["Id"]
        alb = self.balancers[spec["kind"]["to"]["balancer"]]
        alias = {
            "HostedZoneId": alb["CanonicalHostedZoneId"], "DNSName": alb["DNSName"], "EvaluateTargetHealth": True,
        }
        change = {
            "Action": "UPSERT", "ResourceRecordSet": {"Name": spec["name"], "Type": "A", "AliasTarget": alias},
        }
        made(DNS.change_resource_record_sets, HostedZoneId=self.zones[domain], ChangeBatch={"Changes": [change]})


def main():
    """Makes the plan's steps one after the other."""
    plan, site = json.load(sys.stdin), Site()
    make = {"network": site.network, "pool": site.pool, "balancer": site.balancer, "dns": site.record}
    start = time.monotonic()
    for step in (step for wave in plan["waves"] for step in wave):
        ((tier, wish),) = step["action"].items()
        make[tier](wish["ensure"])
    print(CALLS, f"{time.monotonic() - start:.3f}")


if __name__ == "__main__":
    main()
