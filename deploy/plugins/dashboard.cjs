'use strict';
// One dashboard, made from the alarms as they stand in the template: an alarm more is a graph more.
const WIDTH = 8; // three in a row of 24
const HEIGHT = 6;

module.exports = class Dashboard {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = { 'after:aws:package:finalize:mergeCustomProviderResources': () => this.add() };
  }

  add() {
    const { service } = this.serverless;
    const { Resources } = service.provider.compiledCloudFormationTemplate;
    const alarms = Object.keys(Resources).filter((id) => Resources[id].Type === 'AWS::CloudWatch::Alarm');
    const widgets = alarms.map((id, at) => ({
      type: 'metric',
      x: (at % 3) * WIDTH,
      y: Math.floor(at / 3) * HEIGHT,
      width: WIDTH,
      height: HEIGHT,
      properties: { title: Resources[id].Properties.AlarmName, annotations: { alarms: [`\${${id}.Arn}`] } },
    }));
    Resources.Dashboard = {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: { DashboardName: service.custom.prefix, DashboardBody: { 'Fn::Sub': JSON.stringify({ widgets }) } },
    };
  }
};
